#!/usr/bin/env bash
# `with-postgres.sh [--durable] COMMAND...`: runs it beside a throwaway PostgreSQL on 127.0.0.1, whose address is in
# MULTI_SESSION_TEST_POSTGRES; the server and its data go when the command is over, however it ends.
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
else
  # Its data are nobody's, so it need not wait for the disk.
  options+=(-c fsync=off -c full_page_writes=off -c synchronous_commit=off)
fi
MULTI_SESSION_TEST_POSTGRES=$("$ROOT/scripts/postgres.sh" start "$folder" "${options[@]}")
export MULTI_SESSION_TEST_POSTGRES
# Tests call its programs, such as pg_dump.
PATH=$(postgres_bin):$PATH
"$@"
