"""The doctor's subjects, made from the settings: what `porchlight doctor`, the console and the nightly look examine."""

from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from urllib.parse import urlsplit

from app.domain.channels import Channel
from app.domain.errors import UnavailableError
from app.domain.examination import Check
from app.monitor.dns.certificates import Browser
from app.monitor.dns.provider import DnsProvider
from app.monitor.dns.providers import MAKERS, DnsSettings, reader_of
from app.monitor.dns.reading import Reader
from app.monitor.doctor.credentials import look_at_bucket, look_at_ses, look_at_smtp, look_at_twilio
from app.monitor.doctor.here import look_at_backups, look_here
from app.monitor.doctor.looking import Look, examine
from app.monitor.doctor.names import (
    Names,
    is_public_name,
    look_at_certificates,
    look_at_shared_fate,
    look_at_switches,
)
from app.monitor.doctor.rows import look_at_rows
from app.monitor.doctor.standbys import look_at_standbys
from app.publish.spool import Spool
from app.settings import Settings
from app.store.accounts import account_rows
from app.store.failovers import frozen_switch, switch_rows
from app.store.session import Database
from notifiers.email_smtp import Relay


def examination(
    settings: Settings, database: Callable[[], Database], channels: Set[Channel], *, now: datetime
) -> list[Check]:
    """Look at everything at once, for at most a quarter of a minute. Never raises.

    `channels` are those that have a provider.
    """
    return examine(subjects(settings, database, channels, now=now))


def subjects(
    settings: Settings, database: Callable[[], Database], channels: Set[Channel], *, now: datetime
) -> dict[str, Look]:
    """What is to be looked at in this installation; what the settings leave out is left out."""
    found: dict[str, Look] = {
        "here": partial(
            look_here,
            settings.documents_dir,
            Spool(settings.data_dir / "spool"),
            is_production=settings.is_production,
            now=now,
        ),
        "database": partial(look_at_rows, database, channels, is_production=settings.is_production, now=now),
    }
    if settings.backup_dir:
        found["backups"] = partial(_look_at_backups, settings, now)
    return found | _names(settings, database, now) | _credentials(settings)


def _look_at_backups(settings: Settings, now: datetime) -> Iterator[Check]:
    # Imported here: backups bring the libraries that seal them.
    from app.monitor.backups import trouble_of

    if settings.backup_dir:
        yield from look_at_backups(trouble_of(settings.backup_dir, settings.data_dir, now))


def _credentials(settings: Settings) -> dict[str, Look]:
    found: dict[str, Look] = {}
    if settings.twilio_account_sid:
        account = (settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_url)
        found["twilio"] = partial(look_at_twilio, *account)
    if settings.smtp_url:
        found["smtp"] = partial(look_at_smtp, Relay.from_url(settings.smtp_url))
    elif settings.email_from:
        found["ses"] = look_at_ses
    if settings.s3_bucket:
        found["bucket"] = partial(look_at_bucket, settings.s3_bucket, settings.s3_prefix)
    return found


def _names(settings: Settings, database: Callable[[], Database], now: datetime) -> dict[str, Look]:
    """Looks at names in the DNS; a laptop has none, and asks nobody."""
    if not is_public_name(settings.public_host):
        return {}
    dns = DnsSettings(**{name.removeprefix("dns_"): value for name, value in settings if name.startswith("dns_")})
    reader, browser = reader_of(dns), Browser(port=dns.https_port)
    names = cache(partial(names_of, settings, database))
    return {
        "shared fate": lambda: look_at_shared_fate(names(), reader, browser),
        "certificates": lambda: look_at_certificates(names(), reader, browser, now=now),
        "switches": lambda: look_at_switches(names().switches, reader, _providers(dns, reader)),
        "standbys": lambda: look_at_standbys(names().switches, MAKERS["route53"](dns, reader)),
    }


def names_of(settings: Settings, database: Callable[[], Database]) -> Names:
    """Every name that matters; without a database, those in the settings."""
    named = Names(
        page=settings.public_host,
        console=settings.admin_host or settings.public_host,
        failover=settings.failover_hosts,
        sign_in=urlsplit(settings.oidc_issuer).hostname or "",
        mail_server=urlsplit(settings.smtp_url).hostname or "",
        mailboxes=_domains([settings.service_manager_email]),
    )
    try:
        with database().read() as session:
            mailboxes = [settings.service_manager_email, *(row.email for row in account_rows(session))]
            switches = tuple(frozen_switch(row) for row in switch_rows(session))
    except UnavailableError:
        return named
    return replace(named, mailboxes=_domains(mailboxes), switches=switches)


def _domains(mailboxes: list[str]) -> tuple[str, ...]:
    return tuple(sorted({mailbox.rpartition("@")[2].lower() for mailbox in mailboxes if mailbox}))


def _providers(dns: DnsSettings, reader: Reader) -> dict[str, DnsProvider]:
    made = {key: make(dns, reader) for key, make in MAKERS.items()}
    return {key: provider for key, provider in made.items() if provider is not None}
