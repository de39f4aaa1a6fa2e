#!/usr/bin/env bash
# Measures speed and memory, with a temporary PostgreSQL with durable writes. Arguments: sections and `--smoke`; see
# docs/performance.md.
set -euo pipefail
source "$(dirname "$0")/env.sh"

cd "$ROOT"
scripts/setup-npm.sh end2end/client
scripts/setup-postgres.sh
scripts/setup-bench.sh
exec scripts/with-postgres.sh --durable node end2end/client/bench.mjs "$@"
