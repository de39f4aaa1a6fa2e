#!/usr/bin/env bash
# Builds the documentation of the two libraries like docs.rs. Warnings are errors. Arguments go to cargo doc.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

export RUSTDOCFLAGS="-D warnings"
features=$(sed -n '/^\[package.metadata.docs.rs\]/,/^$/s/^features = \[\(.*\)\]/\1/p' Cargo.toml | tr -d '" ')
cargo doc --no-deps --package multi-session --features "$features" "$@"
cargo doc --no-deps --package multi-session-leptos --features ssr "$@"
