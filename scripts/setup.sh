#!/usr/bin/env bash
# Installs what is missing, into .tools/ and node_modules where it can. `setup.sh test` adds what only the tests need.
# Independent parts are installed at the same time.
set -euo pipefail
cd "$(dirname "$0")"

./setup-requirements.sh "$@"
# Not at the same time, because it may need the package manager like setup-debian.sh.
./setup-wasm.sh
installs=("./setup-npm.sh tools")
if [[ ${1:-} == test ]]; then
  installs+=(
    "./setup-npm.sh client"
    "./setup-npm.sh end2end"
    "./setup-npm.sh end2end/client"
    "./setup-debian.sh"
  )
fi
running=()
for install in "${installs[@]}"; do
  $install &
  running+=($!)
done
failed=0
for install in "${running[@]}"; do wait "$install" || failed=1; done
exit "$failed"
