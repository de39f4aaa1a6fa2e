#!/usr/bin/env bash
# cargo-leptos and the wasm-bindgen program that it calls, for `cargo leptos watch` and `cargo leptos end-to-end`: from the
# PATH, by cargo-binstall, or compiled. Nothing else here needs them.
set -euo pipefail
source "$(dirname "$0")/env.sh"

CARGO_LEPTOS_VERSION=0.3.11
WASM_BINDGEN_VERSION=$(cargo_toml wasm-bindgen) # the program must equal the library
WASM_BINDGEN_VERSION=${WASM_BINDGEN_VERSION#=}

is_exactly() { [[ $("$1" --version 2>/dev/null || true) == "$1 $2" ]]; }

# Compiled without optimization, because they run only for seconds. Both share a build folder, which is removed at the
# end.
compile() {
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
    CARGO_PROFILE_RELEASE_DEBUG=false CARGO_TARGET_DIR=$TOOLS/build \
    cargo install --root "$TOOLS" --force "$@"
}

# install PROGRAM CRATE VERSION MINUTES CARGO_INSTALL_FLAGS...
install() {
  local program=$1 crate=$2 version=$3 minutes=$4
  shift 4
  if is_exactly "$program" "$version"; then return; fi
  if has cargo-binstall; then
    quietly "$program-binstall" "Fetching $crate $version" \
      bounded 120 cargo binstall --no-confirm --disable-strategies compile --root "$TOOLS" "$crate@$version" || true
    if is_exactly "$program" "$version"; then return; fi
  fi
  must_quietly "$program" "Compiling $crate $version, once (about $minutes minutes on 2 cores)" \
    compile "$crate" --version "$version" "$@"
  is_exactly "$program" "$version" || die "$program on the PATH is not version $version, see .tools/log/$program.log"
}

# Its lock file has a crate that requires Rust 1.96 but compiles with 1.95.
install cargo-leptos cargo-leptos "$CARGO_LEPTOS_VERSION" 9 --locked --ignore-rust-version \
  --no-default-features --features no_downloads
# Without --locked, because its lock file has a yanked release.
install wasm-bindgen wasm-bindgen-cli "$WASM_BINDGEN_VERSION" 3
rm -rf "$TOOLS/build"
