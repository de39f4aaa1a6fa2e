#!/usr/bin/env bash
# Runs the release program in place of this shell, so that Ctrl-C reaches it.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

say "Serving http://${LEPTOS_SITE_ADDR:-127.0.0.1:3000}, data in data/ (Ctrl-C ends it)"
exec "$CARGO_TARGET_DIR/release/multi-session" "$@"
