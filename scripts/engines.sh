#!/usr/bin/env bash
# One journey in the other engines, with arguments for Playwright: `ENGINES=webkit engines.sh --repeat-each=5`.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT/end2end"

journey=(npx playwright test --config engines.config.ts "$@")
for engine in $ENGINES; do journey+=(--project "$engine"); done
if ! wants webkit; then exec "${journey[@]}"; fi
# WebKitGTK needs a display, and windows only get the focus with a window manager.
xvfb-run --auto-servernum bash -c 'openbox >/dev/null 2>&1 & trap "kill $!" EXIT; "$@"' journey "${journey[@]}"
