#!/usr/bin/env bash
# The client plugin in client/dist, and the React example that uses it in client/example/dist.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT/client"

npm run --silent build
npm run --silent bundle
