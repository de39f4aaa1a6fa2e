#!/usr/bin/env bash
# A Chromium for the browser tests: the one in CHROMIUM, or else Debian's without windows, which is almost twice as fast.
set -euo pipefail
source "$(dirname "$0")/env.sh"

if [[ -x $CHROMIUM ]]; then exit; fi
[[ $CHROMIUM == /usr/bin/chromium-headless-shell ]] || die "CHROMIUM names '$CHROMIUM', which is no executable."
if ! has apt-get || ((EUID != 0)); then
  die "The browser tests need Chromium. As root on Debian: apt-get install chromium-headless-shell fonts-liberation.
       Elsewhere: install Chromium or Chrome and name its executable, as in
       CHROMIUM='/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' make test"
fi
apt_install chromium "Installing Chromium" chromium-headless-shell fonts-liberation
