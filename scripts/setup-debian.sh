#!/usr/bin/env bash
# What the tests need from Debian's packages and PyPI, one after the other, because of the package manager's lock.
set -euo pipefail
cd "$(dirname "$0")"

./setup-browser.sh
./setup-engines.sh
./setup-postgres.sh
./setup-balancer.sh
./setup-clock.sh
./setup-bench.sh
./setup-schemathesis.sh
./setup-cargo-deny.sh
