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

trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
mkdir -p "$TOOLS/log"

# beside NAME COMMAND...: runs a command beside what follows, until `beside_is_over`, which prints its output.
beside() {
  name=$1
  shift
  "$@" >"$TOOLS/log/$name.log" 2>&1 &
  pid=$!
}

beside_is_over() {
  local failed=
  wait "$pid" || failed="FAILED: "
  say "$failed$1"
  cat "$TOOLS/log/$name.log"
  [[ -z $failed ]]
}

failed=0
# The library, its stores, and everything but the server's integration tests, which are the target `it`. Beside them
# the documentation and its examples, at low priority: a test fails if it waits for a lock longer than 4 s.
RUSTDOC=$ROOT/scripts/rustdoc.sh beside documentation checked_cargo test "${tests[@]}" --doc
checked_cargo test "${tests[@]}" --lib --bins --test '[!i]*' || failed=1
beside_is_over "The documentation and its examples" || exit 1
((failed == 0)) || die "the tests of the library or the stores: see above"

# The server's tests, over both databases at once. The skipped ones do not depend on the database: they start the
# program on an SQLite file or read the sources.
over_postgres() {
  MULTI_SESSION_TEST_STORE=postgres \
    checked_cargo test "${tests[@]}" --test it -- --skip crash:: --skip mail_tls:: --skip process:: --skip invariants:: --skip configuration:: \
      --skip backup:: --skip packaging::
}
beside over-postgres over_postgres
checked_cargo test "${tests[@]}" --test it || failed=1
beside_is_over "The server's tests over PostgreSQL" || exit 1
((failed == 0)) || die "the server's tests over SQLite: see above"
