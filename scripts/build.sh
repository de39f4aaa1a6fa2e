#!/usr/bin/env bash
# The site (wasm, styles, precompressed) in target/site and the server in target/release/multi-session, both at once;
# `site` makes only the site. `for-tests` leaves our own crates unoptimized, as the tests do: most of the time goes there.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

STAMP=$CARGO_TARGET_DIR/site.stamp
HASHES=$CARGO_TARGET_DIR/release/hash.txt

# The site is made anew only if an input is newer than the last one. Folders count too: a removed file leaves only their
# time. The stamp says which compiler made it.
site_is_fresh() {
  [[ -s $STAMP && $(<"$STAMP") == "$WASM_FROM" && -e $HASHES ]] || return 1
  # `cargo leptos watch` writes another site into the same folder.
  local wasm
  wasm=$(sed -n 's/^wasm: *//p' "$HASHES")
  [[ -e $CARGO_TARGET_DIR/site/pkg/multi-session.$wasm.wasm.br ]] || return 1
  local inputs=(src app frontend style tools Cargo.toml Cargo.lock scripts/env.sh scripts/build.sh scripts/site.mjs)
  [[ -z $(find "${inputs[@]}" -name node_modules -prune -o -newer "$STAMP" -print -quit) ]]
}

# The stamp has the time before the build: a file saved during it is newer.
build_site() {
  # Chained: where its failure is asked for, bash goes on after a command that fails.
  rm -f "$STAMP" &&
    echo "$WASM_FROM" >"$STAMP.next" &&
    for_wasm cargo build --package frontend --target "$WASM_TARGET" --profile wasm-release &&
    cargo run --package bindgen -- \
      "$CARGO_TARGET_DIR/$WASM_TARGET/wasm-release/frontend.wasm" "$CARGO_TARGET_DIR/bindgen" multi-session &&
    node scripts/site.mjs "$CARGO_TARGET_DIR/bindgen" "$CARGO_TARGET_DIR/site" "$HASHES" &&
    mv "$STAMP.next" "$STAMP"
}

mkdir -p "$CARGO_TARGET_DIR/release"
site=
if site_is_fresh; then
  say "The site is up to date"
else
  # What is left when the other half fails ends with it.
  trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
  must_quietly site "Building the site (from nothing about 7 minutes on 2 cores beside other builds)" build_site &
  site=$!
fi

case ${1:-} in
site) ;;
for-tests) checked_cargo build --release --package server ;;
*)
  say "Building the server (from nothing about 14 minutes on 2 cores beside the site)"
  cargo build --release --package server
  ;;
esac
[[ -z $site ]] || wait "$site"
