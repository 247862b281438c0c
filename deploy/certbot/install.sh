#!/bin/sh
# Called by certbot with each new certificate: puts it where nginx looks, whole, and lets nginx read it.
set -eu
tls=${TLS_DIR:-/etc/porchlight/tls}
umask 077
mkdir -p "$tls"
for pair in fullchain.pem:mls.pem privkey.pem:mls.key; do
    cp "$RENEWED_LINEAGE/${pair%%:*}" "$tls/${pair##*:}.new"
done
mv "$tls/mls.key.new" "$tls/mls.key"
mv "$tls/mls.pem.new" "$tls/mls.pem"
# A key that was just turned is read at the next reload; without nginx running there is nothing to tell.
if [ -n "${NGINX_PID:-}" ]; then kill -HUP "$NGINX_PID"
elif command -v systemctl >/dev/null && systemctl is-active --quiet nginx; then systemctl reload nginx
fi
