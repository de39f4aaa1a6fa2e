#!/usr/bin/env bash
# Sends the server what its OpenAPI document allows and forbids, with arguments for schemathesis: `fuzz.sh --seed 7`.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT/server/tests/schemathesis"

# Less than a minute; five on a slow machine at the most.
PYTHONDONTWRITEBYTECODE=1 bounded 300 "$SCHEMATHESIS/bin/python" fuzz.py "$CARGO_TARGET_DIR/release/multi-session" "$@"
