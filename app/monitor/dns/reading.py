"""What name servers and resolvers really answer, asked one by one (dnspython).

A resolver's cache is never in between: authoritative servers are asked themselves, and must say
that they own the zone (the AA bit, RFC 1035, 4.1.1).
"""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from app.domain.failover import Guarded, Records, RecordSet, RecordType, Switch, normal_value
from app.domain.failover_risks import Answer

TIMEOUT = 2.0
TRIES = 2
_AT_ONCE = 16

_BESIDE = ("MX", "TXT", "NS", "SOA", "CAA", "SRV", "HTTPS", "SVCB", "DS", "NAPTR", "TLSA", "SSHFP", "LOC")
"""Types that may stand at a name beside its addresses. ANY would be shorter and is refused (RFC 8482)."""

_LEADING = frozenset(kind.value for kind in RecordType)

Item = TypeVar("Item")
Result = TypeVar("Result")


class NoAnswerError(Exception):
    """A server did not answer, or answered nothing of use; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server to ask. `name` is how people know it."""

    address: str
    port: int = 53
    name: str = ""

    @property
    def place(self) -> str:
        """How it is called on screen: "ns1.example.org (192.0.2.1)"."""
        address = self.address if self.port == 53 else f"{self.address} port {self.port}"
        return f"{self.name} ({address})" if self.name else address


def server_of(text: str) -> Server:
    """The server that "192.0.2.1", "192.0.2.1:5300", "[2001:db8::1]:53" or "2001:db8::1" names.

    Raises:
        ValueError: it is no address; a name would have to be looked up first, in the very DNS that may be out.
    """
    bracketed, _, rest = text.strip().removeprefix("[").partition("]")
    if text.strip().startswith("["):
        address, port = bracketed, rest.removeprefix(":") or "53"
    else:
        address, _, port = text.strip().rpartition(":") if text.count(":") == 1 else (text.strip(), "", "53")
    return Server(str(ipaddress.ip_address(address)), int(port))


class Reader:
    """Asks. Safe to share between threads; keeps nothing.

    Args:
        resolvers: Public resolvers that stand for what members ask, also used to find name servers.
        name_servers: Authoritative servers to ask instead of those the zone names: a hidden
            primary, or a server of a test.
        timeout: Seconds for one try of one question.
    """

    def __init__(
        self, resolvers: Sequence[Server], name_servers: Sequence[Server] = (), *, timeout: float = TIMEOUT
    ) -> None:
        self.resolvers = tuple(resolvers)
        self._name_servers = tuple(name_servers)
        self._timeout = timeout

    def name_servers(self, zone: str) -> tuple[Server, ...]:
        """The servers that own the zone, by every address they have; empty where nobody names them."""
        if self._name_servers:
            return self._name_servers
        names = self._ask_any(self.resolvers, zone, "NS")
        found = _all_at_once(lambda name: [Server(it, 53, name) for it in self.addresses(name)], names)
        return tuple(server for servers in found for server in servers)

    def addresses(self, host: str) -> tuple[str, ...]:
        """Every address of a host, through resolvers, following its CNAMEs; an address is its own."""
        if _is_address(host):
            return (host,)
        found = _all_at_once(lambda kind: self._ask_any(self.resolvers, host, kind, follow=True), ("A", "AAAA"))
        return tuple(address for addresses in found for address in addresses)

    def zone_of(self, name: str) -> tuple[str, tuple[str, ...]]:
        """The closest zone above a name and the host names of its servers, as resolvers tell; empty when none does."""
        labels = name.rstrip(".").split(".")
        for start in range(len(labels) - 1):
            zone = ".".join(labels[start:])
            if servers := self._ask_any(self.resolvers, zone, "NS"):
                return zone, servers
        return "", ()

    def mail_hosts(self, domain: str) -> tuple[str, ...]:
        """The hosts that take mail for a domain, the preferred first (RFC 5321, 5.1)."""
        found = [value.split() for value in self._ask_any(self.resolvers, domain, "MX")]
        return tuple(host.rstrip(".") for _, host in sorted(found, key=lambda item: int(item[0])) if host != ".")

    def answers(self, name: str, zone: str) -> tuple[Answer, ...]:
        """What every authoritative server and every resolver answers for the name, in that order."""
        owners = self.name_servers(zone)
        questions = [(server, True) for server in owners] + [(server, False) for server in self.resolvers]
        return tuple(_all_at_once(lambda it: self.answer(it[0], name, is_authoritative=it[1]), questions))

    def answer(self, server: Server, name: str, *, is_authoritative: bool) -> Answer:
        """What one server answers: the record sets at the very name."""
        try:
            found = {
                item
                for kind in ("A", "AAAA")
                for item in _at_name(self._ask(server, name, kind, owns=is_authoritative), name)
            }
        except NoAnswerError as error:
            return Answer(server.place, is_authoritative, trouble=str(error))
        return Answer(server.place, is_authoritative, _one_of_each(found))

    def other_types(self, name: str, zone: str) -> tuple[str, ...]:
        """Types other than addresses and CNAME that stand at the very name.

        Raises:
            NoAnswerError: no authoritative server could be asked.
        """
        servers = self._alive(zone)
        kinds = _all_at_once(lambda kind: kind if self._owned(servers, name, kind) else "", _BESIDE)
        return tuple(kind for kind in kinds if kind)

    def guarded(self, switch: Switch) -> tuple[tuple[Guarded, ...], tuple[str, ...]]:
        """What must be the same before and after a switch; and what of it could not be read, in words."""
        wanted = [(switch.zone, "MX"), (switch.zone, "TXT"), (switch.zone, "NS"), (f"_dmarc.{switch.zone}", "TXT")]
        if not switch.is_apex:
            wanted += [(switch.name, "MX"), (switch.name, "TXT"), (f"_dmarc.{switch.name}", "TXT")]
        servers = self._alive(switch.zone)

        def read(item: tuple[str, str]) -> Guarded | str:
            name, kind = item
            try:
                return Guarded(name, kind, self._owned(servers, name, kind))
            except NoAnswerError:
                return f"{kind} of {name}"

        found = _all_at_once(read, wanted)
        unread = tuple(item for item in found if isinstance(item, str))
        return tuple(item for item in found if isinstance(item, Guarded)), unread

    def negative_ttl(self, zone: str) -> int:
        """For how many seconds resolvers may keep that a name is not there (RFC 2308, 5); 0 when nobody says."""
        for _, answer in self._authorities(zone):
            for rrset in answer.answer:
                if rrset.rdtype == dns.rdatatype.SOA:
                    return int(min(rrset.ttl, rrset[0].minimum))
        return 0

    def _alive(self, zone: str) -> list[Server]:
        """The authoritative servers that answer: silent ones are waited for once, not with each question."""
        return [server for server, _ in self._authorities(zone)]

    def _authorities(self, zone: str) -> list[tuple[Server, dns.message.Message]]:
        def ask(server: Server) -> tuple[Server, dns.message.Message] | None:
            try:
                return server, self._ask(server, zone, "SOA", owns=True)
            except NoAnswerError:
                return None

        return [found for found in _all_at_once(ask, self.name_servers(zone)) if found]

    def _owned(self, servers: Iterable[Server], name: str, kind: str) -> tuple[str, ...]:
        """The values of one type at the very name, from the first authoritative server that answers."""
        last = NoAnswerError("No name server of the zone answers.")
        for server in servers:
            try:
                return _values(self._ask(server, name, kind, owns=True), name, kind)
            except NoAnswerError as error:
                last = error
        raise last

    def _ask_any(self, servers: Iterable[Server], name: str, kind: str, *, follow: bool = False) -> tuple[str, ...]:
        """The first answer in order that is not empty; all are asked at once, so that a silent one costs no time."""

        def ask(server: Server) -> tuple[str, ...]:
            try:
                return _values(self._ask(server, name, kind, owns=False), None if follow else name, kind)
            except NoAnswerError:
                return ()

        return next(filter(None, _all_at_once(ask, servers)), ())

    def _ask(self, server: Server, name: str, kind: str, *, owns: bool) -> dns.message.Message:
        """One question.

        Raises:
            NoAnswerError: silence, a refusal, or an answer by a server that does not own the zone.
        """
        question = dns.message.make_query(_absolute(name), kind, use_edns=0, payload=1232)
        if owns:
            question.flags &= ~dns.flags.RD
        for attempt in range(TRIES):
            try:
                answer, _ = dns.query.udp_with_fallback(question, server.address, self._timeout, server.port)
                break
            except (dns.exception.DNSException, OSError) as error:
                if attempt == TRIES - 1:
                    raise NoAnswerError("It does not answer.") from error
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise NoAnswerError(f"It answers {dns.rcode.to_text(answer.rcode())}.")
        if owns and not answer.flags & dns.flags.AA:
            raise NoAnswerError("It answers without owning the zone.")
        return answer


def _at_name(answer: dns.message.Message, name: str) -> Iterable[RecordSet]:
    for rrset in answer.answer:
        kind = dns.rdatatype.to_text(rrset.rdtype)
        if rrset.name == _absolute(name) and kind in _LEADING:
            yield record_set(rrset)


def record_set(rrset: dns.rrset.RRset) -> RecordSet:
    """A record set of dnspython as a value."""
    values = sorted(normal_value(rdata.to_text()) for rdata in rrset)
    return RecordSet(RecordType(dns.rdatatype.to_text(rrset.rdtype)), tuple(values), rrset.ttl)


def _one_of_each(found: Iterable[RecordSet]) -> Records:
    """By type. A CNAME comes with both questions, a second later with one second less to live."""
    by_type = {item.type: item for item in sorted(found)}
    return tuple(by_type[kind] for kind in RecordType if kind in by_type)


def _values(answer: dns.message.Message, name: str | None, kind: str) -> tuple[str, ...]:
    """Values of one type, at the very name or wherever its CNAMEs led."""
    return tuple(
        sorted(
            rdata.to_text().removesuffix(".") if kind == "NS" else rdata.to_text()
            for rrset in answer.answer
            if rrset.rdtype == dns.rdatatype.from_text(kind) and (name is None or rrset.name == _absolute(name))
            for rdata in rrset
        )
    )


def _absolute(name: str) -> dns.name.Name:
    return dns.name.from_text(name if name.endswith(".") else f"{name}.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _all_at_once(ask: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The answer for each, in their order; slow ones do not wait for each other."""
    waiting = list(items)
    if not waiting:
        return []
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(waiting))) as pool:
        return list(pool.map(ask, waiting))
