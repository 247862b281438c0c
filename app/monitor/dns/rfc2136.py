"""A zone's own primary, changed by signed update messages (RFC 2136, RFC 8945), as BIND and others take them.

One message carries the whole change: prerequisites that say what must stand there now (compare and
set), then what goes away, then what comes. The server does all of it or nothing.
"""

from dataclasses import dataclass

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.tsig
import dns.update

from app.domain.failover import Change, Records, RecordSet, RecordType, Side, Switch
from app.monitor.dns.provider import NotHeardError, ProviderError, ProviderRefusedError, Receipt
from app.monitor.dns.reading import Reader, Server

TIMEOUT = 10.0

_WORDS = {
    dns.rcode.REFUSED: "The name server refused: this key may not change this name (see its update-policy).",
    dns.rcode.NOTAUTH: "The name server does not know this key, or does not own the zone.",
    dns.rcode.NOTZONE: "The name does not stand in the zone.",
    dns.rcode.NXRRSET: "Something else stands there than a moment ago; nothing was changed. Plan again.",
    dns.rcode.YXRRSET: "A record stands there that was not there a moment ago; nothing was changed. Plan again.",
    dns.rcode.NXDOMAIN: "The name is not there any more; nothing was changed. Plan again.",
    dns.rcode.YXDOMAIN: "The name is there, and was not a moment ago; nothing was changed. Plan again.",
    dns.rcode.SERVFAIL: "The name server had a fault of its own and changed nothing.",
}


@dataclass(frozen=True, slots=True)
class UpdateKey:
    """A shared secret. `secret` is base64, as `tsig-keygen` prints it; `algorithm` such as hmac-sha256."""

    name: str
    secret: str
    algorithm: str = "hmac-sha256"

    @property
    def for_signing(self) -> dns.tsig.Key:
        """The key as dnspython signs with it.

        Raises:
            ProviderError: the secret is no base64.
        """
        try:
            return dns.tsig.Key(self.name, self.secret, self.algorithm)
        except ValueError as error:
            raise ProviderError("The TSIG secret in the settings is not base64.") from error


class Rfc2136:
    """Changes a zone at its primary."""

    def __init__(self, server: Server, key: UpdateKey, *, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._key = key
        self._timeout = timeout

    def holding(self, switch: Switch) -> Records:
        """What the primary itself answers."""
        answer = Reader(()).answer(self._server, switch.name, is_authoritative=True)
        if answer.trouble:
            raise ProviderError(f"The primary at {answer.place}: {answer.trouble}")
        return answer.records

    def point(self, switch: Switch, change: Change, *, to: Side) -> Receipt:  # noqa: ARG002
        """Send one update message over TCP and believe nothing but its response code."""
        message = self._message(switch, change)
        try:
            answer = dns.query.tcp(message, self._server.address, timeout=self._timeout, port=self._server.port)
        except dns.tsig.PeerError as error:
            raise ProviderRefusedError(_signing_trouble(error)) from error
        except ConnectionRefusedError as error:
            raise ProviderRefusedError(f"Nothing listens at {self._server.place}; nothing was changed.") from error
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise NotHeardError("The name server was asked and its answer was not heard.") from error
        if answer.rcode() != dns.rcode.NOERROR:
            code = answer.rcode()
            raise ProviderRefusedError(_WORDS.get(code, f"The name server answered {dns.rcode.to_text(code)}."))
        return Receipt(words=f"{self._server.place} took the update.")

    def progress(self, reference: str) -> str:  # noqa: ARG002
        """An update is done when it is answered."""
        return ""

    def _message(self, switch: Switch, change: Change) -> dns.update.UpdateMessage:
        key = self._key.for_signing
        message = dns.update.UpdateMessage(f"{switch.zone}.", keyring=key, keyalgorithm=key.algorithm)
        name = dns.name.from_text(f"{change.name}.")
        before = {item.type: item for item in change.before}
        for kind in RecordType:
            if kind in before:
                message.present(name, _rdataset(before[kind], ttl=0))  # anything else is FORMERR (RFC 2136, 2.4.2)
            else:
                message.absent(name, kind.value)
        # Old types first: a CNAME added beside an A is accepted and silently ignored (RFC 2136, 3.4.2.2).
        for item in change.before:
            message.delete(name, item.type.value)
        for item in change.after:
            message.add(name, _rdataset(item, ttl=item.ttl))
        return message


def _rdataset(item: RecordSet, *, ttl: int) -> dns.rdataset.Rdataset:
    values = [f"{value}." if item.type is RecordType.CNAME else value for value in item.values]
    return dns.rdataset.from_text_list(dns.rdataclass.IN, item.type.value, ttl, values)


def _signing_trouble(error: dns.tsig.PeerError) -> str:
    if isinstance(error, dns.tsig.PeerBadTime):
        return "The clocks of this host and of the name server are too far apart; nothing was changed."
    return "The name server does not accept our signature: the key or its secret is another. Nothing was changed."
