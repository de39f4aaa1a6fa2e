#!/usr/bin/env bash
# Everything, in order, up to the first failure; each step says how long it took.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

current='' number=0
trap '[[ -z $current ]] || printf "\n==> FAILED: %s, after %s\n" "$current" "$(elapsed 0)"' EXIT

elapsed() { printf '%d:%02d min' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60)); }

step() {
  local start=$SECONDS
  current=$1 number=$((number + 1))
  shift
  printf '\n==> Step %d: %s\n' "$number" "$current"
  "$@"
  printf '==> Step %d: %s: passed in %s\n' "$number" "$current" "$(elapsed "$start")"
}

step "setup" scripts/setup.sh test
step "format" cargo fmt --all --check
step "lint" scripts/lint.sh
step "licences, sources and known weaknesses of what we use" scripts/deny.sh
step "the site" scripts/build.sh site
step "unit and integration tests" scripts/unit.sh
# After the tests, which have made a program with test features.
step "the server" scripts/build.sh
step "Better Auth client tests" scripts/client.sh
step "what the OpenAPI document allows and forbids" scripts/fuzz.sh
step "browser tests" scripts/browser.sh

current=''
printf '\n==> Everything passed in %s\n' "$(elapsed 0)"
