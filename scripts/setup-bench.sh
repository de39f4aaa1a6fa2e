#!/usr/bin/env bash
# Debian's wrk, the load generator of the benchmark. The benchmark pins processes to cores, which needs Linux.
set -euo pipefail
source "$(dirname "$0")/env.sh"

has taskset || die "The benchmark pins processes to cores by Linux's taskset (util-linux), which is not here."
if has wrk; then exit; fi
apt_install bench "Installing wrk" wrk
