#!/usr/bin/env bash
# wrk, which makes the load of the benchmark: Debian's. The benchmark pins processes to cores, which is Linux's.
set -euo pipefail
source "$(dirname "$0")/env.sh"

has taskset || die "The benchmark pins processes to cores by Linux's taskset (util-linux), which is not here."
if has wrk; then exit; fi
apt_install bench "Installing wrk" wrk
