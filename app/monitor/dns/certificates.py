"""What a browser would meet at the status host if a name led there already: its certificate, and HSTS.

The address is connected to itself and asked for the name (SNI), so that no DNS is in between.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from app.domain.failover_risks import CertificateSeen

TIMEOUT = 5.0


class Browser:
    """Asks an address for a name over TLS. `context` decides whom to trust; `port` is another only in tests."""

    def __init__(self, context: ssl.SSLContext | None = None, *, port: int = 443, timeout: float = TIMEOUT) -> None:
        self._context = context or ssl.create_default_context()
        self._port = port
        self._timeout = timeout

    def certificate(self, name: str, address: str) -> CertificateSeen:
        """The certificate for the name at that address, judged as a browser does; trouble is told, never raised."""
        try:
            with closing(self._connect(name, address)) as connection:
                shown = connection.getpeercert() or {}
        except ssl.SSLCertVerificationError as error:
            return CertificateSeen(address, trouble=f"its certificate is not accepted for {name}: {_why(error)}.")
        except ssl.SSLError:
            return CertificateSeen(address, trouble=f"it does not speak TLS for {name}.")
        except OSError:
            return CertificateSeen(address, trouble="it does not answer on the port for https.")
        ends = ssl.cert_time_to_seconds(str(shown.get("notAfter")))
        return CertificateSeen(address, datetime.fromtimestamp(ends, UTC), issuer=_issuer(shown))

    def strict_transport(self, name: str, address: str) -> str | None:
        """The Strict-Transport-Security header of the name at that address; "" without, None when it is not heard."""
        try:
            with closing(self._connect(name, address)) as connection:
                connection.sendall(f"HEAD / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode("ascii"))
                answer = http.client.HTTPResponse(connection, method="HEAD")
                answer.begin()
                return answer.getheader("Strict-Transport-Security") or ""
        except (OSError, http.client.HTTPException):
            return None

    def _connect(self, name: str, address: str) -> ssl.SSLSocket:
        plain = socket.create_connection((address, self._port), timeout=self._timeout)
        try:
            return self._context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise


def _issuer(shown: Mapping[str, Any]) -> str:
    """Whoever signed the certificate: the organisation, or the name where there is none."""
    named = {key: value for part in shown.get("issuer", ()) for key, value in part}
    return str(named.get("organizationName") or named.get("commonName") or "")


def _why(error: ssl.SSLCertVerificationError) -> str:
    return (error.verify_message or "not valid").rstrip(".")
