#!/usr/bin/env bash
# Measures speed and memory, beside a throwaway PostgreSQL that waits for its disk. Arguments: sections and `--smoke`;
# docs/performance.md says more.
set -euo pipefail
source "$(dirname "$0")/env.sh"

exec "$ROOT/scripts/with-postgres.sh" --durable node "$ROOT/end2end/client/bench.mjs" "$@"
