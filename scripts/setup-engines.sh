#!/usr/bin/env bash
# The other engines for the browser tests: the Firefox in FIREFOX or else Debian's, and Debian's WebKitGTK with a
# display for its windows. ENGINES selects them.
set -euo pipefail
source "$(dirname "$0")/env.sh"

packages=()
if wants firefox && ! [[ -x $FIREFOX ]]; then
  [[ $FIREFOX == /usr/bin/firefox-esr ]] || die "FIREFOX names '$FIREFOX', which is no executable."
  packages+=(firefox-esr)
fi
if wants webkit && ! { has WebKitWebDriver && has xvfb-run && has xauth && has openbox; }; then
  packages+=(webkit2gtk-driver xvfb xauth openbox)
fi
if ((${#packages[@]} == 0)); then exit; fi
if ! has apt-get || ((EUID != 0)); then
  die "The browser tests need other engines. As root on Debian: apt-get install ${packages[*]}
       Elsewhere: name the executable of a Firefox, and leave out WebKitGTK where there is none, as in
       FIREFOX='/Applications/Firefox.app/Contents/MacOS/firefox' ENGINES=firefox make test"
fi
apt_install engines "Installing other engines" "${packages[@]}"
