#!/usr/bin/env bash
# Runs everything in order until the first failure. Each step prints its time.
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

# The tools of the tests, the sites and the tests' programs are independent, so they are built at the same time.
prepare() {
  scripts/setup.sh test &
  local setup=$!
  (export CLIPPY=1 && scripts/build.sh site && scripts/build.sh example-site) &
  local sites=$!
  scripts/lint.sh
  wait "$sites"
  wait "$setup"
}

# Three programs against servers of their own. Each waits a lot, so they run at the same time.
clients() {
  mkdir -p "$TOOLS/log"
  scripts/bench.sh --smoke >"$TOOLS/log/bench.log" 2>&1 &
  local bench=$!
  scripts/fuzz.sh >"$TOOLS/log/fuzz.log" 2>&1 &
  local fuzz=$! failed=0
  scripts/client.sh || { say "FAILED: the clients"; failed=1; }
  wait "$bench" || { say "FAILED: the benchmark"; failed=1; }
  cat "$TOOLS/log/bench.log"
  wait "$fuzz" || { say "FAILED: what the OpenAPI document allows"; failed=1; }
  cat "$TOOLS/log/fuzz.log"
  return "$failed"
}

# The times are for a first run on two cores.
step "setup (seconds)" scripts/setup.sh
step "format" cargo fmt --all --check
step "lint, the tests' programs, the sites, and what the tests need (about 9 minutes)" prepare
step "licences, sources and known weaknesses of what we use" scripts/deny.sh
step "packages (seconds)" scripts/package.sh
step "unit and integration tests, and the documentation (about 4 minutes)" scripts/unit.sh
# After the tests, because these compile with test features.
step "the servers (a minute)" scripts/build.sh for-tests
step "the layout of the image (seconds)" scripts/layout.sh
step "Better Auth client tests, what the OpenAPI document allows, and a short run of the benchmark (1 minute)" clients
step "browser tests (about 4 minutes)" scripts/browser.sh
step "the journey in Firefox and WebKit (a minute)" scripts/engines.sh

current=''
printf '\n==> Everything passed in %s\n' "$(elapsed 0)"
