#!/usr/bin/env bash
# Unit and integration tests. In release, so that their dependencies are the server's, compiled once.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

tests=(--release --workspace --exclude frontend --features multi-session/test-support)
cargo test "${tests[@]}" --no-run
CARGO_TERM_QUIET=false cargo test "${tests[@]}" "$@"
