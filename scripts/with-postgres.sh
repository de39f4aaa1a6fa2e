#!/usr/bin/env bash
# `with-postgres.sh [--durable] COMMAND...`: runs the command with a temporary PostgreSQL on 127.0.0.1, whose address is
# in MULTI_SESSION_TEST_POSTGRES. The server and its data are removed when the command ends, however it ends.
set -euo pipefail
source "$(dirname "$0")/env.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/multi-session-postgres.XXXXXX")

clean() {
  "$ROOT/scripts/postgres.sh" stop "$folder" immediate 2>/dev/null || true
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

options=(-c max_connections=400)
if [[ $1 == --durable ]]; then
  shift
  # A quarter of a small machine's memory, as PostgreSQL's documentation advises, instead of 128 MB.
  options+=(-c shared_buffers=1GB)
else
  # The data are worthless, so writes need not be durable.
  options+=(-c fsync=off -c full_page_writes=off -c synchronous_commit=off)
fi
MULTI_SESSION_TEST_POSTGRES=$("$ROOT/scripts/postgres.sh" start "$folder" "${options[@]}")
export MULTI_SESSION_TEST_POSTGRES
# Tests call its programs, such as pg_dump.
PATH=$(postgres_bin):$PATH
"$@"
