#!/usr/bin/env bash
# The client plugin in client/dist.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT/client"

npm run --silent build
