#!/usr/bin/env bash
# schemathesis in a Python environment of its own, only when its requirements have changed.
set -euo pipefail
source "$(dirname "$0")/env.sh"

requirements=$ROOT/server/tests/schemathesis/requirements.txt
if cmp -s "$requirements" "$SCHEMATHESIS/.requirements-installed"; then exit; fi

# Debian's python3 makes no environments without the package python3-venv.
has_python() { python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }
has_python || apt_install python "Installing Python" python3 python3-venv
has_python || die "schemathesis needs Python 3.10 or newer; the one on the PATH is $(python3 --version 2>&1)."

rm -rf "$SCHEMATHESIS"
must_quietly schemathesis-environment "Making a Python environment" python3 -m venv "$SCHEMATHESIS"
must_quietly schemathesis "Installing schemathesis" \
  "$SCHEMATHESIS/bin/python" -m pip install --disable-pip-version-check --no-input --requirement "$requirements"
cp "$requirements" "$SCHEMATHESIS/.requirements-installed"
