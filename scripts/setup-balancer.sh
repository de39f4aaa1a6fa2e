#!/usr/bin/env bash
# HAProxy for the tests with several nodes: the installed one, or else Debian's.
set -euo pipefail
source "$(dirname "$0")/env.sh"

if haproxy_bin >/dev/null; then exit; fi
apt_install haproxy "Installing HAProxy" haproxy
haproxy_bin >/dev/null || die "HAProxy was installed, but its program is not found."
