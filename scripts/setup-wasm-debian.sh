#!/usr/bin/env bash
# Builds the standard library for wasm from Debian's packages, which have a current compiler for its browsers. Only the
# browser part of the program is then built with it (for_wasm in env.sh).
set -euo pipefail
source "$(dirname "$0")/env.sh"

version_of() { "$1" -vV 2>/dev/null || true; }

# Valid only for the installed compiler. After an upgrade the library must be rebuilt.
is_ready() { [[ -e $DEBIAN_RUST/version && $(<"$DEBIAN_RUST/version") == "$(version_of /usr/bin/rustc)" ]]; }

# Only these, so that nothing else of /usr/bin comes first on the PATH.
link_programs() {
  rm -rf "$DEBIAN_RUST"
  mkdir -p "$DEBIAN_RUST/bin"
  local program
  for program in cargo rustc rustdoc cargo-clippy clippy-driver; do
    ln -s "/usr/bin/$program" "$DEBIAN_RUST/bin/$program"
  done
  ln -s /usr/bin/lld-22 "$DEBIAN_RUST/bin/rust-lld"
}

# With bitcode, because the release profile of the browser part uses LTO.
build_std() {
  local crate=$DEBIAN_RUST/empty lib
  mkdir -p "$crate/src"
  printf '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n[profile.release]\npanic = "abort"\n' >"$crate/Cargo.toml"
  printf '#![no_std]\n' >"$crate/src/lib.rs"
  (cd "$crate" && PATH=$DEBIAN_RUST/bin:$PATH RUSTC_BOOTSTRAP=1 RUSTFLAGS='-C embed-bitcode=yes' \
    CARGO_TARGET_DIR=$crate/target CARGO_TERM_QUIET=false \
    cargo build --release -Zbuild-std=std,panic_abort --target "$WASM_TARGET") || return
  lib=$(/usr/bin/rustc --print target-libdir --target "$WASM_TARGET")
  rm -rf "$lib"
  mkdir -p "$lib"
  find "$crate/target/$WASM_TARGET" -name '*.rlib' ! -name 'libempty*' -exec cp -t "$lib" {} + || return
  rm -rf "$crate"
}

if is_ready; then exit; fi
if ! { [[ -x /usr/bin/lld-22 && -x /usr/bin/clippy-driver ]] && dpkg -s rustc-web cargo-web rust-web-src; } >/dev/null 2>&1; then
  apt_install wasm-debian-packages "Installing Debian's Rust" rustc-web cargo-web rust-web-src rust-web-clippy lld-22
fi
((EUID == 0)) || die "The standard library for wasm goes to /usr/lib/rustlib: run 'make setup' once as root."
link_programs
must_quietly wasm-debian-std "Building the standard library for wasm, once (about 1 minute)" build_std
version_of /usr/bin/rustc >"$DEBIAN_RUST/version"
