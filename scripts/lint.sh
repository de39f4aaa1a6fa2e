#!/usr/bin/env bash
# Clippy, warnings are errors: what runs on the server and its fuzz targets, the library without features, and what runs
# in the browser.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

say "clippy: server, app and library with their tests, and the fuzz targets"
cargo clippy --release --workspace --exclude frontend --all-targets --features multi-session/test-support -- -D warnings

say "clippy: the library without features"
cargo clippy --release -p multi-session --no-default-features -- -D warnings

# In the folder and with the profile of cargo-leptos, so that both share what they compile.
say "clippy: the browser half (wasm)"
for_wasm cargo clippy -p frontend --target "$WASM_TARGET" --target-dir "$CARGO_TARGET_DIR/front" --profile wasm-release -- -D warnings
