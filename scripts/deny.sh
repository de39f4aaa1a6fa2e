#!/usr/bin/env bash
# Checks dependencies with deny.toml: licences, sources, versions, and known vulnerabilities if their database can be
# reached. Arguments go to `cargo deny check`.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

scripts/setup-cargo-deny.sh
export PATH=$PATH:$CARGO_DENY/bin

if (($#)); then exec cargo-deny --workspace check "$@"; fi
# Duplicates are warnings: `scripts/deny.sh bans` shows them.
cargo-deny --log-level error --workspace check licenses bans sources
if bounded 120 cargo-deny --log-level error fetch db >/dev/null 2>&1; then
  cargo-deny --log-level error --workspace --offline check advisories
else
  say "advisories: SKIPPED, the database of known weaknesses cannot be reached from here"
fi
