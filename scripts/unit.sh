#!/usr/bin/env bash
# Unit and integration tests, beside a throwaway PostgreSQL. In release, so that their dependencies are the server's,
# compiled once. Arguments go to cargo test; without any the server's tests run a second time, over PostgreSQL.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

if [[ -z ${MULTI_SESSION_TEST_POSTGRES:-} ]]; then
  scripts/setup-postgres.sh
  exec scripts/with-postgres.sh scripts/unit.sh "$@"
fi

tests=(--release --workspace --exclude frontend --exclude multi-session-fuzz --features multi-session/test-support)
cargo test "${tests[@]}" --no-run
CARGO_TERM_QUIET=false cargo test "${tests[@]}" "$@"

# What is left out starts the program on an SQLite file, or reads the sources: it would be the same again.
if (($# == 0)); then
  say "the server's tests over PostgreSQL"
  MULTI_SESSION_TEST_STORE=postgres CARGO_TERM_QUIET=false \
    cargo test "${tests[@]}" --test it -- --skip crash:: --skip mail_tls:: --skip process:: --skip invariants::
fi
