#!/usr/bin/env bash
# `with-postgres.sh COMMAND...`: runs it beside a throwaway PostgreSQL on 127.0.0.1, whose address is in
# MULTI_SESSION_TEST_POSTGRES; the server and its data go when the command is over, however it ends.
set -euo pipefail
source "$(dirname "$0")/env.sh"

bin=$(postgres_bin) || die "PostgreSQL is not here: scripts/setup-postgres.sh"
folder=$(mktemp -d "${TMPDIR:-/tmp}/multi-session-postgres.XXXXXX")

# It refuses to run as root.
as_postgres() {
  if ((EUID == 0)); then
    setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
  else
    "$@"
  fi
}

clean() {
  as_postgres "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if ((EUID == 0)); then chown postgres: "$folder"; fi
cd "$folder"
as_postgres "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C \
  --no-sync >"$folder/initdb.log" 2>&1 || {
  cat "$folder/initdb.log"
  die "initdb failed"
}

# A port that was free a moment ago may be taken: another one is tried.
port=
for try in 1 2 3 4 5; do
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  if as_postgres "$bin/pg_ctl" --pgdata="$folder/data" --wait --timeout=60 --log="$folder/data/log" --options="-h 127.0.0.1 -p $port -k '$folder' -c fsync=off -c full_page_writes=off -c max_connections=200" start >/dev/null; then break; fi
  ((try < 5)) || {
    tail -n 20 "$folder/data/log"
    die "PostgreSQL does not start"
  }
done

cd "$OLDPWD"
export MULTI_SESSION_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
"$@"
