#!/usr/bin/env bash
# The browser tests, with arguments for Playwright: `browser.sh --grep revoke`.
set -euo pipefail
source "$(dirname "$0")/env.sh"
"$ROOT/scripts/build-client.sh"
cd "$ROOT/end2end"
HAPROXY=$(haproxy_bin) || die "HAProxy is not here: scripts/setup-balancer.sh"
export HAPROXY

npx tsc --noEmit
npx playwright test "$@"
