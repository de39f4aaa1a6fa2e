#!/usr/bin/env bash
# libfaketime for the tests that move a server's clock: Debian's.
set -euo pipefail
source "$(dirname "$0")/env.sh"

is_here() { compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null; }

if is_here; then exit; fi
apt_install clock "Installing libfaketime" libfaketime
is_here || die "libfaketime was installed, but it is not found."
