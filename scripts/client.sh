#!/usr/bin/env bash
# The client plugin, and the real Better Auth client and server beside ours (node's test runner).
set -euo pipefail
source "$(dirname "$0")/env.sh"

"$ROOT/scripts/build-client.sh"
cd "$ROOT/client"
npx tsc --noEmit
npm pack --silent --dry-run --ignore-scripts
npm run --silent test

cd "$ROOT/end2end/client"
"$ROOT/scripts/with-postgres.sh" node --test --test-reporter=spec "$@"
