#!/usr/bin/env bash
# One journey in the other engines, with arguments for Playwright: `ENGINES=webkit engines.sh --repeat-each=5`.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT/end2end"

journey=(npx playwright test --config engines.config.ts "$@")
for engine in $ENGINES; do journey+=(--project "$engine"); done
if ! wants webkit; then exec "${journey[@]}"; fi
# WebKitGTK wants a display, and only a window manager makes a window the active one.
xvfb-run --auto-servernum bash -c 'openbox >/dev/null 2>&1 & trap "kill $!" EXIT; "$@"' journey "${journey[@]}"
