#!/usr/bin/env bash
# Our site (WebAssembly, styles, precompressed) in target/site and the server in target/release/multi-session, both at once.
#   build.sh site          only the site
#   build.sh example       examples/leptos and its site
#   build.sh example-site  only the site of examples/leptos
#   build.sh bench         the site, the server and the bare route for the benchmark
#   build.sh for-tests     both servers and the bare route, with our own crates unoptimized as in the tests, which
#                          builds much faster
# With CLIPPY=1, as in test.sh, Clippy compiles our crates of the site. The code is the same, so the site is not built
# again without Clippy.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

RELEASE=$CARGO_TARGET_DIR/release
what=${1:-all}

case $what in
example*)
  WHOSE="the example's site" SITE=$CARGO_TARGET_DIR/example-site HASHES=$RELEASE/example-leptos.txt NAME=example-leptos
  CRATE=("${EXAMPLE_SITE_CRATE[@]}") LIBRARY=example_leptos STYLE=examples/leptos/style/main.scss
  ;;
*)
  WHOSE="the site" SITE=$CARGO_TARGET_DIR/site HASHES=$RELEASE/hash.txt NAME=multi-session
  CRATE=("${SITE_CRATE[@]}") LIBRARY=frontend STYLE=
  ;;
esac
STAMP=$SITE.stamp
WASM=$CARGO_TARGET_DIR/$WASM_TARGET/wasm-release/$LIBRARY.wasm
# The folder that bindgen fills. Next to it are copies of the WebAssembly and of the manifest of the last site.
BOUND=$CARGO_TARGET_DIR/bindgen/$NAME

# The inputs of the site: what cargo compiles, and the rest. Folders count too, because a removed file changes only their
# time.
CODE=(src app examples/leptos frontend)
REST=(.cargo style frontend/public examples/leptos/style tools Cargo.toml Cargo.lock)
REST+=(scripts/env.sh scripts/build.sh scripts/site.mjs)

# site_is_fresh INPUTS...: whether the site is there, and none of these inputs is newer. Its stamp says where the compiler
# is from.
site_is_fresh() {
  [[ -s $STAMP && $(<"$STAMP") == "$WASM_FROM" ]] || return 1
  # cargo-leptos writes another site into the same folder.
  cmp -s "$HASHES" "$BOUND.txt" || return 1
  local hash
  hash=$(sed -n 's/^wasm: *//p' "$HASHES")
  [[ -e $SITE/pkg/$NAME.$hash.wasm.br ]] || return 1
  [[ -z $(find "$@" -name node_modules -prune -o -newer "$STAMP" -print -quit) ]]
}

# Most changes of the library are not in the browser half, so cargo makes the same WebAssembly, or none. Then the site
# stays. The stamp has the time before the build, so that a file saved during it is newer.
build_site() {
  # Chained with &&, because bash ignores `set -e` where the exit status is tested.
  echo "$WASM_FROM" >"$STAMP.$$" &&
    for_wasm ${CLIPPY:+with_clippy} cargo rustc "${CRATE[@]}" &&
    { { site_is_fresh "${REST[@]}" && cmp -s "$WASM" "$BOUND.wasm"; } || bind_site; } &&
    mv "$STAMP.$$" "$STAMP"
}

# Binds the copy, because another build may replace the original meanwhile.
bind_site() {
  rm -f "$STAMP" &&
    mkdir -p "$BOUND" &&
    cp "$WASM" "$BOUND.wasm" &&
    cargo run --package bindgen -- "$BOUND.wasm" "$BOUND" "$NAME" &&
    node scripts/site.mjs "$BOUND" "$SITE" "$HASHES" ${STYLE:+"$NAME" "$STYLE"} &&
    cp "$HASHES" "$BOUND.txt"
}

if [[ $what == for-tests ]]; then
  # In one call: what both depend on is compiled once.
  checked_cargo build --release --package server --package bare --package example-leptos --features example-leptos/ssr
  exit
fi

# build_program WHAT ARGUMENTS...: with cargo's own progress.
build_program() {
  local what=$1 start=$SECONDS
  say "Building $what"
  cargo build --release "${@:2}"
  say "Building $what: done in $((SECONDS - start)) s"
}

[[ -e $HASHES || $what == *site ]] || say "The first build takes about 12 minutes on 2 cores"
mkdir -p "$RELEASE"
site=
if site_is_fresh "${CODE[@]}" "${REST[@]}"; then
  say "${WHOSE^} is up to date"
else
  # If one half fails, the other one is ended.
  trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
  must_quietly "$NAME" "Building $WHOSE" build_site &
  site=$!
fi

case $what in
all) build_program "the server" --package server ;;
# In one call: what both depend on is compiled once.
bench) build_program "the server and the bare route" --package server --package bare ;;
example) build_program "the example" --package example-leptos --features ssr ;;
esac
if [[ -n $site ]]; then
  if kill -0 "$site" 2>/dev/null; then say "Waiting for $WHOSE"; fi
  wait "$site"
fi
