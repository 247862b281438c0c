#!/bin/sh
# A certificate for the MLS's own names, by DNS (RFC 8555, dns-01), before any outage: the names need
# not lead here, and port 80 is not asked. `certbot renew`, which Debian's timer runs, repeats it by itself.
#
#   apt install certbot python3-certbot-dns-rfc2136
#   ACME_EMAIL=ops@status.example ./obtain.sh www.hpmls.example hpmls.example dashboard.hpmls.example
#
# acme-tsig.ini holds the key that may write _acme-challenge TXT records, and nothing else (docs/failover.md).
set -eu
[ $# -gt 0 ] || { echo "Name the MLS's host names." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)

names=
for name in "$@"; do names="$names --domain $name"; done

# shellcheck disable=SC2086 # names are words, each its own argument
exec certbot certonly --non-interactive --agree-tos --email "${ACME_EMAIL:?set ACME_EMAIL}" \
    --dns-rfc2136 --dns-rfc2136-credentials "${ACME_TSIG:-/etc/porchlight/acme-tsig.ini}" \
    --dns-rfc2136-propagation-seconds "${ACME_WAIT:-60}" \
    --cert-name mls --keep-until-expiring --deploy-hook "$here/install.sh" $names
