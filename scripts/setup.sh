#!/usr/bin/env bash
# Installs what is missing, into .tools/ and node_modules where it can. `setup.sh test` adds what only the tests need.
set -euo pipefail
cd "$(dirname "$0")"

./setup-requirements.sh
./setup-wasm.sh
./setup-npm.sh tools
if [[ ${1:-} == test ]]; then
  ./setup-npm.sh client
  ./setup-npm.sh end2end
  ./setup-npm.sh end2end/client
  ./setup-browser.sh
  ./setup-postgres.sh
  ./setup-balancer.sh
  ./setup-schemathesis.sh
  ./setup-cargo-deny.sh
fi
./setup-cargo-tools.sh
