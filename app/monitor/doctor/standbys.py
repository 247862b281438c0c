"""Whether "the standby takes over" is laid out in Route 53 before it is needed (continuity.md, "DNS failover")."""

from collections.abc import Iterable, Iterator

from app.domain.examination import Check, Finding
from app.domain.failover import Switch
from app.monitor.dns.provider import DnsProvider, ProviderError
from app.monitor.dns.route53 import Route53

SUBJECT = "standby"
_REMEDY = "See “Route 53, the standby takes over” in docs/failover.md."


def look_at_standbys(switches: Iterable[Switch], route53: DnsProvider | None) -> Iterator[Check]:
    """One finding for each name whose standby is to take over; `route53` is None where no credentials are set."""
    for switch in switches:
        if switch.provider == "route53_standby":
            yield _look_at(switch, route53)


def _look_at(switch: Switch, route53: DnsProvider | None) -> Check:
    if not isinstance(route53, Route53):
        words = f"Nobody can see whether the standby of {switch.name} is laid out: Route 53 may not be read."
        return Check(SUBJECT, Finding.WARN, words, "Set PORCHLIGHT_DNS_ROUTE53 and let the host read the zone.")
    try:
        trouble = route53.standby_trouble(switch)
    except ProviderError as error:
        return Check(SUBJECT, Finding.WARN, f"The standby of {switch.name} cannot be looked at. {error}", _REMEDY)
    if trouble:
        return Check(SUBJECT, Finding.FAIL, f"{trouble} The standby would not take over.", _REMEDY)
    return Check(SUBJECT, Finding.OK, f"The standby of {switch.name} is laid out, its health check inverted.")
