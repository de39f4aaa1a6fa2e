#!/usr/bin/env bash
# Measures speed and memory, beside a throwaway PostgreSQL that waits for its disk. Arguments: sections and `--smoke`;
# docs/performance.md says more.
set -euo pipefail
source "$(dirname "$0")/env.sh"

cd "$ROOT"
scripts/setup-npm.sh end2end/client
scripts/setup-postgres.sh
scripts/setup-bench.sh
exec scripts/with-postgres.sh --durable node end2end/client/bench.mjs "$@"
