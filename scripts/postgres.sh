#!/usr/bin/env bash
# A temporary PostgreSQL on 127.0.0.1, in one folder.
#   postgres.sh start FOLDER [OPTIONS...]  creates it if needed, starts it and prints its URL; the address stays
#   postgres.sh stop FOLDER [MODE]         `fast`, or `immediate`, which is as if it had crashed
set -euo pipefail
source "$(dirname "$0")/env.sh"

action=$1 folder=$2
shift 2
bin=$(postgres_bin) || die "PostgreSQL is not here: scripts/setup-postgres.sh"

# It refuses to run as root.
as_postgres() {
  if ((EUID == 0)); then
    (cd "$folder" && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
  else
    "$@"
  fi
}

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(String(s.address().port)); s.close(); })'
}

start_on() {
  local port=$1
  shift
  as_postgres "$bin/pg_ctl" --pgdata="$folder/data" --wait --timeout=60 --log="$folder/data/log" \
    --options="-h 127.0.0.1 -p $port -k '$folder' $*" start >/dev/null
}

start() {
  if [[ -e $folder/port ]]; then
    start_on "$(<"$folder/port")" "$@" && return
  else
    local port
    if ((EUID == 0)); then chown postgres: "$folder"; fi
    as_postgres "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C \
      --no-sync >"$folder/initdb.log" 2>&1 || {
      cat "$folder/initdb.log" >&2
      die "initdb failed"
    }
    # A port that was free a moment ago may be in use by now: try another one.
    for _ in 1 2 3 4 5; do
      port=$(free_port)
      if start_on "$port" "$@"; then
        echo "$port" >"$folder/port"
        return
      fi
    done
  fi
  tail -n 20 "$folder/data/log" >&2
  die "PostgreSQL does not start"
}

case $action in
start)
  start "$@"
  echo "postgres://postgres@127.0.0.1:$(<"$folder/port")/postgres"
  ;;
stop) as_postgres "$bin/pg_ctl" --pgdata="$folder/data" --mode="${1:-fast}" stop >/dev/null ;;
*) die "postgres.sh start|stop FOLDER" ;;
esac
