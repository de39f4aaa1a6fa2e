#!/usr/bin/env bash
# The real Better Auth client, and a real Better Auth server beside ours (node's test runner).
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT/end2end/client"

"$ROOT/scripts/with-postgres.sh" node --test --test-reporter=spec "$@"
