#!/usr/bin/env bash
# The standard library for wasm: from rustup within a timeout, or else from Debian's packages.
# MULTI_SESSION_WASM_FROM=debian or =rustup selects one of them.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

rustup_has_it() {
  compgen -G "$(rustc --print target-libdir --target "$WASM_TARGET")/libstd-*.rlib" >/dev/null
}

if [[ $WASM_FROM == debian ]]; then exec "$ROOT/scripts/setup-wasm-debian.sh"; fi
if rustup_has_it; then exit; fi

if has rustup; then
  quietly wasm-target "Adding the target $WASM_TARGET by rustup" bounded 120 rustup target add "$WASM_TARGET" || true
  if rustup_has_it; then exit; fi
fi

tail -n 3 "$TOOLS/log/wasm-target.log" 2>/dev/null || true
[[ ${MULTI_SESSION_WASM_FROM:-} != rustup ]] || die "rustup could not add $WASM_TARGET, see .tools/log/wasm-target.log"
say "rustup has no $WASM_TARGET for us: taking it from Debian's packages"
exec "$ROOT/scripts/setup-wasm-debian.sh"
