#!/usr/bin/env bash
# Unit and integration tests, with a temporary PostgreSQL. Arguments go to cargo test. Without arguments, the server's
# tests run over PostgreSQL as well, at the same time.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

if [[ -z ${MULTI_SESSION_TEST_POSTGRES:-} ]]; then
  scripts/setup-postgres.sh
  exec scripts/with-postgres.sh scripts/unit.sh "$@"
fi

export CARGO_TERM_QUIET=false
# Tests wait a lot, so run more at once than there are cores.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(getconf _NPROCESSORS_ONLN) + 1))}
tests=("${SERVER_CRATES[@]}" --exclude multi-session-fuzz)
checked_cargo test "${tests[@]}" --no-run

if (($# > 0)); then
  checked_cargo test "${tests[@]}" "$@"
  exit
fi

# The library, its stores, and everything but the server's integration tests, which are the target `it`. Then the
# documentation and its examples.
checked_cargo test "${tests[@]}" --lib --bins --test '[!i]*'
RUSTDOC=$ROOT/scripts/rustdoc.sh checked_cargo test "${tests[@]}" --doc

# The server's tests, over both databases at once. The skipped ones do not depend on the database: they start the
# program on an SQLite file or read the sources.
over_postgres() {
  MULTI_SESSION_TEST_STORE=postgres \
    checked_cargo test "${tests[@]}" --test it -- --skip crash:: --skip mail_tls:: --skip process:: --skip invariants:: --skip configuration:: \
      --skip backup:: --skip packaging::
}
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
mkdir -p "$TOOLS/log"
over_postgres >"$TOOLS/log/over-postgres.log" 2>&1 &
second=$!
failed=0
checked_cargo test "${tests[@]}" --test it || failed=1
wait "$second" || failed=1
say "The server's tests over PostgreSQL"
cat "$TOOLS/log/over-postgres.log"
exit "$failed"
