#!/usr/bin/env bash
# Clippy with warnings as errors: the server crates with tests and fuzz targets, the library without features, and the
# browser crates. It also compiles the tests.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

say "Clippy: server, app and library with their tests, and the fuzz targets (the first time: about 7 minutes on 2 cores)"
checked_cargo build "${SERVER_CRATES[@]}" --all-targets

say "Clippy: the library without features, and the tools (a minute)"
checked_cargo build --package multi-session --no-default-features
checked_cargo build --package bindgen

# test.sh builds the sites by the same commands, so nothing is compiled twice there.
say "Clippy: the browser half (wasm)"
for_wasm with_clippy cargo rustc "${SITE_CRATE[@]}"
for_wasm with_clippy cargo rustc "${EXAMPLE_SITE_CRATE[@]}"
