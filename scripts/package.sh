#!/usr/bin/env bash
# The packages that are published, as cargo makes them: in target/package. The tests read what is in them.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

cargo package --quiet --no-verify --offline --allow-dirty --package multi-session --package multi-session-leptos
du -h "$CARGO_TARGET_DIR"/package/*.crate
