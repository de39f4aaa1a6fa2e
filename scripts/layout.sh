#!/usr/bin/env bash
# Tries what the Dockerfile puts into the image, without a container: the layout that its COPY lines make, with no program
# beside ours, as the user of the image, and with a read-only root. Then the unit and the proxy's configuration, if their
# programs are here. It needs `scripts/build.sh`, or the site and the server of the tests.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

folder=$(mktemp -d "${TMPDIR:-/tmp}/multi-session-layout.XXXXXX")
root=$folder/root log=$folder/log server=
finish() {
  local status=$?
  [[ -z $server ]] || kill "$server" 2>/dev/null || true
  if ((status != 0)) && [[ -s $log ]]; then tail -n 20 "$log"; fi
  chmod -R u+w "$folder" && rm -rf "$folder"
}
trap finish EXIT
chmod 755 "$folder"

# instruction NAME: what the Dockerfile says after it, each on one line.
instruction() { sed -e ':a' -e '/\\$/N; s/\\\n */ /; ta' Dockerfile | sed -n "s/^$1 //p"; }

# Copies as docker does: the content of a folder, and files into a folder whose name ends with a slash.
copy() {
  local sources=("${@:1:$#-1}") to=$root${!#} source
  for source in "${sources[@]}"; do
    # The base image and its packages are not here.
    [[ $source == /build/* ]] || continue
    source=$ROOT/${source#/build/}
    [[ -e $source ]] || die "the Dockerfile copies $source, which does not exist: run scripts/build.sh"
    if [[ -d $source ]]; then
      mkdir -p "$to" && cp -r "$source/." "$to"
    else
      [[ $to == */ ]] && mkdir -p "$to" && cp "$source" "$to"
    fi
  done
}

while read -r words; do
  # shellcheck disable=SC2086
  copy $words
done < <(instruction 'COPY --from=build')
program=$root/app/multi-session
[[ -x $program ]] || die "the Dockerfile copies no program to /app"
# The linked libraries, which the base image has.
! has ldd || ldd "$program" | grep -o '/[^ ]*' | xargs -I{} cp --parents -L {} "$root"

IFS=: read -r uid gid < <(instruction USER)
mkdir -p "$root/proc" "$root/tmp" "$root/app/data" "$folder/tmp" "$folder/data"
((EUID != 0)) || chown "$uid:$gid" "$folder/tmp" "$folder/data" "$root/app/data"

address=127.0.0.1:$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(String(s.address().port)); s.close(); })')
environment=()
for pair in $(instruction ENV) "LEPTOS_SITE_ADDR=$address"; do environment+=("$pair"); done

# Mounts the folders. It needs the right to mount.
mounts='
set -e
mount --bind "$1/root" "$1/root"
mount --bind "$1/data" "$1/root/app/data"
mount --bind "$1/tmp" "$1/root/tmp"
mount --rbind /proc "$1/root/proc"
mount -o remount,bind,ro "$1/root"
shift
exec "$@"'
unshare=$(command -v unshare || true) setpriv=$(command -v setpriv || true)

# inside COMMAND...: in place of this shell, as in a container.
inside() {
  local mounted=("$BASH" -c "$mounts" "$0" "$folder")
  if ((EUID == 0)); then
    exec "$unshare" --mount -- "${mounted[@]}" "$setpriv" --clear-groups --no-new-privs -- \
      "$unshare" --root="$root" --wd=/app --setgid="$gid" --setuid="$uid" -- "$@"
  fi
  exec "$unshare" --user --map-root-user --mount -- "${mounted[@]}" "$setpriv" --no-new-privs -- \
    "$unshare" --root="$root" --wd=/app -- "$@"
}

# The same where nobody may mount or change the root.
beside() {
  cd "$root/app"
  if ((EUID == 0)); then exec "$setpriv" --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs -- "$@"; fi
  exec "$@"
}

export PATH
run() (
  export "${environment[@]}"
  "$how" "$@"
)

how=inside
if run multi-session --version >"$log" 2>&1; then
  if ((EUID == 0)); then
    say "From the layout of the image: as user $uid, with a read-only root and no other program"
  else
    say "From the layout of the image: in a user namespace, with a read-only root and no other program. Only as root: as user $uid"
  fi
else
  say "Namespaces with mounts are not allowed here, so this is NOT tried: a read-only root without other programs"
  tail -n 1 "$log"
  how=beside
  chmod -R a-w "$root"
  chmod u+w "$root/app/data"
  environment+=("PATH=$root/app:$PATH")
  if ((EUID == 0)); then
    say "From the layout of the image: as user $uid, who may write to data/ only"
  else
    say "Not root, so this is NOT tried: another user. From the layout of the image, with write permission for data/ only"
  fi
  run multi-session --version
fi

(
  export "${environment[@]}"
  "$how" multi-session
) >"$log" 2>&1 &
server=$!
# The check of the Dockerfile, run as docker runs it.
health=$(instruction HEALTHCHECK | sed 's/.* CMD //' | tr -d '[],"')
# shellcheck disable=SC2086
is_healthy() { run $health >"$folder/health" 2>&1; }
for _ in $(seq 100); do
  if is_healthy; then break; fi
  kill -0 "$server" 2>/dev/null || die "the server has ended"
  sleep 0.1
done
is_healthy || die "'$health' does not succeed: $(cat "$folder/health")"

if [[ -e /proc/$server/status ]] && ((EUID == 0)); then
  for line in "Uid:$(printf '\t%s' "$uid" "$uid" "$uid" "$uid")" $'NoNewPrivs:\t1' $'CapEff:\t0000000000000000' $'Groups:\t'; do
    grep -q "^$line" "/proc/$server/status" || die "the server runs otherwise than with $line"
  done
fi

if [[ $how == inside ]]; then
  awk '$5 == "/" && $6 ~ /^ro(,|$)/ { found = 1 } END { exit !found }' "/proc/$server/mountinfo" || die "the root can be written"
fi

# Pages with all their files, and a change that is written.
node - "http://$address" <<'JS'
const [, , origin] = process.argv;
const get = async (path, options) => {
  const answer = await fetch(origin + path, { redirect: "manual", signal: AbortSignal.timeout(10_000), ...options });
  if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`);
  return answer;
};
const page = await (await get("/sign-in")).text();
const files = new Set([...page.matchAll(/\/pkg\/[\w.-]+/g)].map(([path]) => path));
for (const kind of [".css", ".js", ".wasm"]) {
  if (![...files].some((path) => path.endsWith(kind))) throw new Error(`the page names no file ${kind}`);
}
for (const path of files) await get(path);
const ada = { name: "Ada", email: "ada@example.org", password: "correct horse" };
const signedUp = await get("/api/auth/sign-up/email", {
  method: "POST",
  headers: { "content-type": "application/json", origin },
  body: JSON.stringify(ada),
});
const cookie = signedUp.headers.getSetCookie().map((it) => it.split(";")[0]).join("; ");
if (!(await (await get("/sessions", { headers: { cookie } })).text()).includes("Ada")) throw new Error("Ada is not signed in");
JS

run multi-session sessions stats >/dev/null 2>&1 || die "an operator's command fails beside the server"
run multi-session backup data/backup.db >/dev/null 2>&1 || die "a backup into data/ fails"
if run multi-session backup backup.db >/dev/null 2>&1; then die "it can write outside of data/"; fi

kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
((status == 0)) || die "told to stop, the server ended with $status"
if run multi-session health >/dev/null 2>&1; then die "a stopped server is healthy"; fi
say "Pages, files, sign-up, health check, operator's command, backup and stop: all work"

unit=deploy/multi-session.service
if has systemd-analyze; then
  # The program is where it would be installed, and the user is there.
  sed -e "s|^ExecStart=/opt/multi-session/|ExecStart=$root/app/|" -e '/^User=/d' "$unit" >"$folder/${unit##*/}"
  systemd-analyze verify "$folder/${unit##*/}" || die "systemd refuses $unit"
  # In tenths: 0 is fully confined, 100 is not at all.
  systemd-analyze security --offline=true --threshold=15 "$unit" >"$folder/security" || die "$(tail -n 1 "$folder/security")"
  say "The unit: $(sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/exposure \1 of 10/p' "$folder/security")"
else
  say "systemd-analyze is not here, so the unit is NOT checked"
fi

if haproxy=$(haproxy_bin); then
  "$haproxy" -c -q -f deploy/haproxy.cfg 2>"$folder/haproxy" || die "$(cat "$folder/haproxy")"
  say "HAProxy takes deploy/haproxy.cfg"
else
  say "HAProxy is not here, so deploy/haproxy.cfg is NOT checked"
fi
