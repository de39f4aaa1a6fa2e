#!/usr/bin/env bash
# PostgreSQL for the tests, which start temporary servers: the installed one, or else Debian's.
set -euo pipefail
source "$(dirname "$0")/env.sh"

if postgres_bin >/dev/null; then exit; fi
# Otherwise Debian would also create a permanent server.
if has apt-get && ((EUID == 0)); then
  mkdir -p /etc/postgresql-common
  [[ -e /etc/postgresql-common/createcluster.conf ]] ||
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
apt_install postgres "Installing PostgreSQL" postgresql
postgres_bin >/dev/null || die "PostgreSQL was installed, but its initdb is not found."
