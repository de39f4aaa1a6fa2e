#!/usr/bin/env bash
# Builds the packages to publish, in target/package. The tests check their content.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

cargo package --quiet --no-verify --offline --allow-dirty --package multi-session --package multi-session-leptos
du -h "$CARGO_TARGET_DIR"/package/*.crate
