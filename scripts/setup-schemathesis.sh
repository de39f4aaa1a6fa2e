#!/usr/bin/env bash
# schemathesis in its own Python environment, only if its requirements have changed.
set -euo pipefail
source "$(dirname "$0")/env.sh"

requirements=$ROOT/server/tests/schemathesis/requirements.txt
if cmp -s "$requirements" "$SCHEMATHESIS/.requirements-installed"; then exit; fi

python_environment "$SCHEMATHESIS" schemathesis "Installing schemathesis" --requirement "$requirements"
cp "$requirements" "$SCHEMATHESIS/.requirements-installed"
