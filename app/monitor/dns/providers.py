"""Everybody who can change a zone, by key: a dictionary. A new one is a module beside this and two lines here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import RefusedError
from app.monitor.dns.certificates import Browser
from app.monitor.dns.desk import Desk
from app.monitor.dns.provider import DnsProvider
from app.monitor.dns.reading import Reader, Server, server_of
from app.store.session import Database


@dataclass(frozen=True, slots=True)
class DnsSettings:
    """The settings `PORCHLIGHT_DNS_*` by the rest of their names. An empty value leaves its provider out.

    Attributes:
        resolvers: Addresses of public resolvers that stand for what members ask.
        name_servers: Addresses to ask instead of those the zone names; empty in nearly every installation.
        route53: Whether AWS credentials for Route 53 are there (boto3 finds them itself).
        standby_bucket: The S3 bucket whose objects the inverted health checks look at.
        update_server: The primary that takes RFC 2136 updates.
        tsig_name, tsig_secret, tsig_algorithm: Its key.
        cloudflare_token: An API token that may edit the DNS of the zone.
        cloudflare_api_url, https_port: Elsewhere only in tests.
    """

    resolvers: tuple[str, ...]
    name_servers: tuple[str, ...] = ()
    route53: bool = False
    standby_bucket: str = ""
    update_server: str = ""
    tsig_name: str = ""
    tsig_secret: str = ""
    tsig_algorithm: str = "hmac-sha256"
    cloudflare_token: str = ""
    cloudflare_api_url: str = "https://api.cloudflare.com/client/v4"
    https_port: int = 443


NAMES: Mapping[str, str] = {
    "route53": "Amazon Route 53: change the records",
    "route53_standby": "Amazon Route 53: the standby takes over",
    "rfc2136": "A name server that takes signed updates (RFC 2136)",
    "cloudflare": "Cloudflare",
    "runbook": "By hand, with steps and the same checks",
}
"""What people call them."""


def _route53(settings: DnsSettings, _reader: Reader) -> DnsProvider | None:
    if not settings.route53:
        return None
    from app.monitor.dns.route53 import Route53

    return Route53(_aws("route53"))


def _route53_standby(settings: DnsSettings, _reader: Reader) -> DnsProvider | None:
    if not settings.standby_bucket:
        return None
    from app.monitor.dns.route53 import Route53Standby

    return Route53Standby(_aws("s3"), settings.standby_bucket)


def _rfc2136(settings: DnsSettings, _reader: Reader) -> DnsProvider | None:
    if not (settings.update_server and settings.tsig_name and settings.tsig_secret):
        return None
    from app.monitor.dns.rfc2136 import Rfc2136, UpdateKey

    key = UpdateKey(settings.tsig_name, settings.tsig_secret, settings.tsig_algorithm)
    return Rfc2136(_server(settings.update_server), key)


def _cloudflare(settings: DnsSettings, _reader: Reader) -> DnsProvider | None:
    if not settings.cloudflare_token:
        return None
    from app.monitor.dns.cloudflare import Cloudflare

    return Cloudflare(settings.cloudflare_token, api=settings.cloudflare_api_url)


def _runbook(_settings: DnsSettings, reader: Reader) -> DnsProvider:
    from app.monitor.dns.runbook import Runbook

    return Runbook(reader)


MAKERS: Mapping[str, Callable[[DnsSettings, Reader], DnsProvider | None]] = {
    "route53": _route53,
    "route53_standby": _route53_standby,
    "rfc2136": _rfc2136,
    "cloudflare": _cloudflare,
    "runbook": _runbook,
}
"""How each is made from the settings; None where they do not give what it needs. The clients are
imported here, when they are needed: a web process without a switch does not pay for them."""


def desk_of(database: Database, settings: DnsSettings, clock: Callable[[], datetime]) -> Desk:
    """The desk of this installation, with every provider that the settings give what it needs.

    Raises:
        RefusedError: a server in the settings is no address.
    """
    reader = reader_of(settings)
    made = {key: make(settings, reader) for key, make in MAKERS.items()}
    providers = {key: provider for key, provider in made.items() if provider is not None}
    return Desk(database, providers, NAMES, reader, Browser(port=settings.https_port), clock)


def reader_of(settings: DnsSettings) -> Reader:
    """Whoever asks name servers and resolvers for this installation.

    Raises:
        RefusedError: a server in the settings is no address.
    """
    return Reader(_servers(settings.resolvers), _servers(settings.name_servers))


def _servers(texts: Iterable[str]) -> tuple[Server, ...]:
    return tuple(_server(text) for text in texts)


def _server(text: str) -> Server:
    try:
        return server_of(text)
    except ValueError:
        raise RefusedError(
            f"“{text}” in the PORCHLIGHT_DNS_ settings is not an address such as 192.0.2.1:53."
        ) from None


def _aws(service: str):  # type: ignore[no-untyped-def]
    """A client that gives up in time for a person who waits, and never repeats a change by itself."""
    import boto3
    from botocore.config import Config

    once = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 1})
    return boto3.client(service, config=once, region_name="us-east-1" if service == "route53" else None)  # type: ignore[call-overload]
