#!/usr/bin/env bash
# The site (wasm, styles, precompressed) in target/site and the server in target/release/multi-session; `site` makes
# only that.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

# A failed compilation explains itself; where cargo-leptos noticed it says nothing.
export RUST_BACKTRACE=0

STAMP=$CARGO_TARGET_DIR/site.stamp

# cargo-leptos makes the whole site anew each time, so it is asked only if an input is newer than the last one.
# Folders count too: a removed file leaves only their time. The stamp says which compiler made it.
site_is_fresh() {
  [[ -s $STAMP && $(<"$STAMP") == "$WASM_FROM" ]] || return 1
  # `cargo leptos watch` writes another site into the same folder.
  local wasm
  wasm=$(sed -n 's/^wasm: *//p' "$CARGO_TARGET_DIR/release/hash.txt")
  [[ -e $CARGO_TARGET_DIR/site/pkg/multi-session.$wasm.wasm.br ]] || return 1
  local inputs=(src app frontend style Cargo.toml Cargo.lock scripts/env.sh scripts/build.sh scripts/precompress.mjs tools/package-lock.json)
  [[ ! -d public ]] || inputs+=(public)
  [[ -z $(find "${inputs[@]}" -newer "$STAMP" -print -quit) ]]
}

# The stamp has the time before the build: a file saved during it is newer.
build_site() {
  mkdir -p "$CARGO_TARGET_DIR"
  rm -f "$STAMP"
  echo "$WASM_FROM" >"$STAMP.next"
  for_wasm cargo-leptos leptos build --release --frontend-only
  node scripts/precompress.mjs "$CARGO_TARGET_DIR/site"
  mv "$STAMP.next" "$STAMP"
}

if site_is_fresh; then
  say "The site is up to date"
else
  say "Building the site (the first time takes some minutes)"
  build_site
fi

[[ ${1:-} != site ]] || exit 0

# Always: cargo sees for itself what is to do, and `cargo test` may have left a program with test features here.
say "Building the server"
cargo-leptos leptos build --release --server-only
