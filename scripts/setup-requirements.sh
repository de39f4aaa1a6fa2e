#!/usr/bin/env bash
# Checks what must be installed already: a clear message instead of a failure in the middle of a build.
set -euo pipefail
source "$(dirname "$0")/env.sh"

need() { has "$1" || die "$1 is not on the PATH. $2"; }

need cargo "Install Rust with rustup: https://rustup.rs"
need rustc "Install Rust with rustup: https://rustup.rs"
# `rustc 1.95.0 (…)`
rust=$(rustc --version)
[[ $rust =~ ^rustc\ ([0-9]+)\.([0-9]+) ]] || die "rustc --version says: $rust"
IFS=. read -r need_major need_minor _ <<<"$RUST_VERSION"
((BASH_REMATCH[1] > need_major || (BASH_REMATCH[1] == need_major && BASH_REMATCH[2] >= need_minor))) ||
  die "$rust is too old: version $RUST_VERSION or newer is needed. With rustup: rustup update stable"
need cc "Install a C compiler (Debian: apt-get install gcc libc6-dev)."
need node "Install Node $NODE_MAJOR or newer: https://nodejs.org"
need npm "Install Node $NODE_MAJOR or newer with npm: https://nodejs.org"
if [[ ${1:-} == test ]]; then
  need rustfmt "Install it: rustup component add rustfmt"
  need clippy-driver "Install it: rustup component add clippy"
fi

node=$(node --version)
major=${node#v}
((${major%%.*} >= NODE_MAJOR)) || die "Node $node is too old: version $NODE_MAJOR or newer is needed."

case $WASM_FROM in
  rustup | debian) ;;
  *) die "MULTI_SESSION_WASM_FROM is '$WASM_FROM': it may be 'rustup' or 'debian'." ;;
esac
