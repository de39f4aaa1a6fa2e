#!/usr/bin/env bash
# Everything, in order, up to the first failure; each step says how long it took.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

current='' number=0
trap 'kill $(jobs -p) 2>/dev/null || :; [[ -z $current ]] || printf "\n==> FAILED: %s, after %s\n" "$current" "$(elapsed 0)"' EXIT

elapsed() { printf '%d:%02d min' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60)); }

step() {
  local start=$SECONDS
  current=$1 number=$((number + 1))
  shift
  printf '\n==> Step %d: %s\n' "$number" "$current"
  "$@"
  printf '==> Step %d: %s: passed in %s\n' "$number" "$current" "$(elapsed "$start")"
}

# What the tests need, the sites and the tests' programs have nothing in common: they are made at once.
prepare() {
  scripts/setup.sh test &
  local setup=$!
  (scripts/build.sh site && scripts/build.sh example-site) &
  local sites=$!
  scripts/lint.sh
  wait "$sites"
  wait "$setup"
}

# From outside: Better Auth clients, any client that the OpenAPI document allows, and browsers.
from_outside() {
  step "Better Auth client tests (2 minutes)" scripts/client.sh
  step "what the OpenAPI document allows and forbids (1 minute)" scripts/fuzz.sh
  step "browser tests (10 minutes)" scripts/browser.sh --grep-invert @timed
}

# Tests wait more than they compute: both halves at once take little longer than one.
tests() {
  local log=$TOOLS/log/unit.log failed=''
  mkdir -p "$TOOLS/log"
  say "Unit and integration tests run beside the next three steps; what they say follows"
  scripts/unit.sh >"$log" 2>&1 &
  local unit=$!
  # Not `from_outside || …`: bash would go on after a step that fails.
  from_outside &
  wait $! || failed="tests from outside"
  number=$((number + 3))
  if ! wait "$unit"; then
    cat "$log"
    failed="unit and integration tests"
  fi
  [[ -z $failed ]] || die "$failed: failed"
  grep -E '^ +Running|^test result' "$log"
}

export MULTI_SESSION_BIN=$CARGO_TARGET_DIR/for-tests/multi-session

# The times are those of two cores from nothing.
step "setup (seconds)" scripts/setup.sh
step "format" cargo fmt --all --check
step "lint, the tests' programs, the sites, and what the tests need (about 12 minutes)" prepare
step "licences, sources and known weaknesses of what we use" scripts/deny.sh
step "the servers of the tests (a minute)" scripts/build.sh for-tests
step "all tests (about 13 minutes)" tests
# Alone, since it measures times.
step "how fast pages are, and revocations (a minute)" scripts/browser.sh --grep @timed --workers 1

current=''
printf '\n==> Everything passed in %s\n' "$(elapsed 0)"
