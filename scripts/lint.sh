#!/usr/bin/env bash
# Clippy with warnings as errors: the server crates with tests and fuzz targets, the library without features, and the
# browser crates. It also compiles the tests.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

say "Clippy: server, app and library with their tests, and the fuzz targets (the first time: about 10 minutes on 2 cores)"
checked_cargo build "${SERVER_CRATES[@]}" --all-targets

say "Clippy: the library without features, and the tools (a minute)"
checked_cargo build --package multi-session --no-default-features
checked_cargo build --package bindgen

# As a library: the site is made of the .wasm file, which may be built at the same time.
say "Clippy: the browser half (wasm)"
for_wasm checked_cargo rustc --package frontend --crate-type rlib --target "$WASM_TARGET" --profile wasm-release
for_wasm checked_cargo rustc --package example-leptos --lib --features hydrate --crate-type rlib \
  --target "$WASM_TARGET" --profile wasm-release
