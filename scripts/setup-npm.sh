#!/usr/bin/env bash
# `setup-npm.sh FOLDER`: installs the npm packages of its lock file, only if that has changed.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT/$1"

if cmp -s package-lock.json node_modules/.lock-installed; then exit; fi
# setup-browser.sh installs the browser.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
must_quietly "npm-${1//\//-}" "Installing the npm packages of $1/" npm ci --no-audit --no-fund
cp package-lock.json node_modules/.lock-installed
