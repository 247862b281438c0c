"""What our names stand on, asked in the real DNS and by TLS; and what would fall together with the MLS's."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from app.domain.examination import Check, Finding
from app.domain.failover import Switch
from app.domain.failover_risks import CERTIFICATE_LASTS, CertificateSeen
from app.domain.shared_fate import Footing, shared_fates
from app.monitor.dns.certificates import Browser
from app.monitor.dns.provider import DnsProvider, ProviderError
from app.monitor.dns.reading import Reader

RENEW_WITHIN = timedelta(days=14)
_AT_ONCE = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Names:
    """Every name that matters, from settings and rows.

    Attributes:
        page, console: Their host names.
        failover: The MLS's names that may point here.
        sign_in: Host of the OpenID provider, "" without.
        mail_server: Host that our mail leaves by, "" with Amazon SES.
        mailboxes: Domains of the mailboxes that alerts and reminders go to.
        has_passwords: Whether staff can sign in without the OpenID provider.
        switches: What may point the failover names here.
    """

    page: str
    console: str
    failover: tuple[str, ...] = ()
    sign_in: str = ""
    mail_server: str = ""
    mailboxes: tuple[str, ...] = ()
    has_passwords: bool = True
    switches: tuple[Switch, ...] = ()

    def switch_of(self, name: str) -> Switch | None:
        """The switch of that failover name."""
        return next((switch for switch in self.switches if switch.name.rstrip(".") == name), None)


def look_at_shared_fate(names: Names, reader: Reader, browser: Browser) -> Iterator[Check]:
    """What would fall together with the MLS's names; the networks' owners cannot be told from here."""
    if not names.failover:
        words = "No name of the MLS may point here (PORCHLIGHT_FAILOVER_HOSTS), so nothing is compared."
        yield Check("shared fate", Finding.OK, words)
        return
    theirs = _all_at_once(lambda name: _their_footing(names, name, reader, browser), names.failover)
    ours = _all_at_once(lambda make: make(), _our_footings(names, reader, browser))
    fates = [fate for one in ours for other in theirs for fate in shared_fates(one, other)]
    for fate in sorted(fates, key=lambda fate: not fate.is_fatal):
        is_page = fate.ours.name in (names.page, names.console)
        finding = Finding.FAIL if fate.is_fatal and is_page else Finding.WARN
        yield Check("shared fate", finding, fate.words, _REMEDIES[fate.ours.purpose])
    unread = [item.name for item in (*ours, *theirs) if not item.name_servers]
    if unread:
        words = f"No resolver says who answers for {', '.join(unread)}."
        yield Check("shared fate", Finding.WARN, words, "See PORCHLIGHT_DNS_RESOLVERS, and the firewall.")
    elif not fates:
        words = "Zones, name servers, networks and issuers are not the MLS's own. Companies were not compared."
        yield Check("shared fate", Finding.OK, words)


_REMEDIES = {
    "The page": "Move the page to another registrar, DNS provider and host.",
    "The console": "Move the console to another registrar, DNS provider and host.",
    "The work sign-in": "Give everybody who posts a password with a passkey here as well.",
    "The mail server": "Send through a provider that is not the MLS's own.",
    "Alert mail": "Give people on call a mailbox elsewhere, or a telephone number.",
}


def _our_footings(names: Names, reader: Reader, browser: Browser) -> Iterator[Callable[[], Footing]]:
    for host, purpose in {names.page: "The page", names.console: "The console"}.items():
        yield partial(_footing, host, purpose, reader, browser)
    if names.sign_in:
        yield partial(_footing, names.sign_in, "The work sign-in", reader, None)
    if names.mail_server:
        yield partial(_footing, names.mail_server, "The mail server", reader, None)
    for domain in names.mailboxes:
        yield partial(_mailbox, domain, reader)


def _footing(host: str, purpose: str, reader: Reader, browser: Browser | None) -> Footing:
    zone, servers = reader.zone_of(host)
    addresses = reader.addresses(host)
    issuer = browser.certificate(host, addresses[0]).issuer if browser and addresses else ""
    return Footing(host, purpose, zone, servers, addresses, issuer)


def _mailbox(domain: str, reader: Reader) -> Footing:
    zone, servers = reader.zone_of(domain)
    addresses = [address for host in reader.mail_hosts(domain) for address in reader.addresses(host)]
    return Footing(domain, "Alert mail", zone, servers, tuple(addresses))


def _their_footing(names: Names, name: str, reader: Reader, browser: Browser) -> Footing:
    """The name where it normally leads, which is not where it leads while it points here."""
    switch = names.switch_of(name)
    zone, servers = reader.zone_of(name)
    places = switch.normal if switch else (name,)
    addresses = tuple(address for place in places for address in reader.addresses(place))
    issuer = browser.certificate(name, addresses[0]).issuer if addresses else ""
    return Footing(name, "The MLS's name", zone, servers, addresses, issuer)


def look_at_certificates(names: Names, reader: Reader, browser: Browser, *, now: datetime) -> Iterator[Check]:
    """Every certificate that a browser would be shown at our hosts, with the days it has left."""
    ours = dict.fromkeys((names.page, names.console))
    wanted = [(host, host) for host in ours] + [(name, _here(names, name)) for name in names.failover]
    for checks in _all_at_once(lambda pair: list(_certificates(*pair, reader, browser, now)), wanted):
        yield from checks


def _here(names: Names, name: str) -> str:
    """Where a failover name leads when it points here."""
    switch = names.switch_of(name)
    return switch.failover[0] if switch else names.page


def _certificates(name: str, place: str, reader: Reader, browser: Browser, now: datetime) -> Iterator[Check]:
    addresses = reader.addresses(place)
    if not addresses:
        yield Check(f"certificate {name}", Finding.FAIL, f"{place} has no address.", "See its zone.")
    for address in addresses:
        yield _certificate(name, browser.certificate(name, address), now)


def _certificate(name: str, seen: CertificateSeen, now: datetime) -> Check:
    about = f"certificate {name}"
    if seen.expires_at is None:
        words = f"{seen.address}: {seen.trouble}"
        return Check(about, Finding.FAIL, words, "Obtain it now, by DNS: docs/failover.md, “Certificates”.")
    left = seen.expires_at - now
    words = f"{seen.address} has a certificate with {max(0, left.days)} days left."
    if left <= CERTIFICATE_LASTS:
        return Check(about, Finding.FAIL, words, "Renew it now: certbot renew")
    if left <= RENEW_WITHIN:
        return Check(about, Finding.WARN, words, "See why it was not renewed: certbot renew --dry-run")
    return Check(about, Finding.OK, words)


def look_at_switches(switches: Sequence[Switch], reader: Reader, providers: dict[str, DnsProvider]) -> Iterator[Check]:
    """Each switch: whether its zone can be read at the provider, and for how long its answers are kept now."""
    looks = [partial(_switch, switch, reader, providers.get(switch.provider)) for switch in switches]
    for checks in _all_at_once(lambda look: list(look()), looks):
        yield from checks


def _switch(switch: Switch, reader: Reader, provider: DnsProvider | None) -> Iterator[Check]:
    about = f"switch {switch.name}"
    if provider is None:
        words = f"Its provider ({switch.provider}) is not set up here, so the name could not be pointed here."
        yield Check(about, Finding.FAIL, words, "The settings PORCHLIGHT_DNS_* are explained in docs/failover.md.")
        return
    try:
        provider.holding(switch)
        yield Check(about, Finding.OK, "Its zone can be read with the credentials that are set up.")
    except ProviderError as error:
        yield Check(about, Finding.FAIL, str(error), "Mend the credentials, or plan by hand: docs/failover.md.")
    served = [item.ttl for answer in reader.answers(switch.name, switch.zone) for item in answer.records]
    if not served:
        yield Check(about, Finding.WARN, "No name server or resolver answers for it.", "See the zone's name servers.")
    elif max(served) > switch.planned_ttl:
        words = f"The served TTL is {max(served):,} seconds, not {switch.planned_ttl:,}: members would wait that long."
        yield Check(about, Finding.WARN, words, f"Set the record's TTL to {switch.planned_ttl} now, before an outage.")


def is_public_name(host: str) -> bool:
    """Whether a host is a name that DNS can know: no address, and nothing of this machine alone."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local"))
    return False


def _all_at_once(look: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The answer for each, in their order."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="doctor") as threads:
        return list(threads.map(look, items))
