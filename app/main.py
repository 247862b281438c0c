"""The composition root: settings in, a running page, console and worker out.

Everything else is handed values; only this module, the worker and the command line know the
settings. `create_app` is what uvicorn serves: the snapshot outside, FastAPI inside.
"""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

import uvicorn
from sqlmodel import Session
from starlette.types import ASGIApp

from app.commands.copies import keep_service_manager
from app.deliver.confirmations import ConfirmationToSend
from app.deliver.invitations import InvitationToSend
from app.deliver.providers import Providers
from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.errors import UnavailableError
from app.domain.failover_desk import FailoverDesk
from app.domain.organisation import Organisation
from app.domain.sign_ups import SignUpLimits
from app.engine import Engine
from app.monitor.logs import set_up_logging
from app.monitor.metrics import Metrics
from app.monitor.readiness import Readiness, readiness
from app.publish.catalogue import all_parts
from app.publish.confirmation_messages import (
    ConfirmationWords,
    challenge_payload,
    chat_words,
    code_words,
    link_words,
)
from app.publish.directory import DirectorySink, follow, load_edition, newest_generation
from app.publish.freeze import Freezer
from app.publish.invitation_messages import invitation_words
from app.publish.kept_snapshot import keep_snapshot
from app.publish.language import Language
from app.publish.letters import Composer
from app.publish.publisher import Publisher
from app.publish.sinks import MemorySink, Sink
from app.publish.snapshot import PublicSnapshot
from app.publish.spool import Spool
from app.publish.trailing import TrailingSink
from app.publish.without_database import WithoutDatabase
from app.settings import Settings
from app.store import schema, tray
from app.store.failovers import moving_runs
from app.store.message_templates import Written, written_templates
from app.store.organisation import the_organisation
from app.store.session import Database
from app.store.signed_links import Links
from app.store.vault import Vault
from app.web import subscriptions
from app.web.connections import Limits, room_for
from app.web.console import build_console
from app.web.hooks import PATH as HOOKS_PATH
from app.web.hooks import HookParts, build_hooks
from app.web.manage.call import ManageParts
from app.web.manage.site import PATH as MANAGE_PATH
from app.web.manage.site import build_manage
from app.web.oidc_provider import OidcProvider
from app.web.owners import ByPath
from app.web.protocol import protocol_for
from app.web.public import Snapshot
from app.web.ready import PATH as READY_PATH
from app.web.ready import build_ready
from app.web.request_ids import RequestIds
from app.web.statuspage_sign_up import PATHS as STATUSPAGE_SIGN_UP_PATHS
from app.web.statuspage_sign_up import build_statuspage_sign_up
from app.web.subscribe import PREFIXES as SIGN_UP_PATHS
from app.web.subscribe import SignUpParts, build_sign_up
from app.worker import (
    Channels,
    Confirming,
    Inviting,
    Worker,
    enqueue_confirmations,
    enqueue_notices,
    enqueue_publishing,
)
from notifiers.base import Notice, Notifier

SHARE = 0.001
"""Seconds a thread may hold the interpreter while another wants it: readers must not wait while a
publication is rendered in the same process (Python's own default is five times that)."""

_log = logging.getLogger("porchlight")


def now() -> datetime:
    """Aware UTC now; handed to whatever needs a clock."""
    return datetime.now(UTC)


def providers_of(settings: Settings) -> Providers:
    """The accounts that messages leave by, as the settings name them."""
    return Providers(
        status_url=f"{settings.public_url}{HOOKS_PATH}/twilio/status",
        twilio_account_sid=settings.twilio_account_sid,
        twilio_auth_token=settings.twilio_auth_token,
        twilio_from=settings.twilio_from,
        twilio_messaging_service_sid=settings.twilio_messaging_service_sid,
        twilio_api_url=settings.twilio_api_url,
        email_from=settings.email_from,
        smtp_url=settings.smtp_url,
        ses_configuration_set=settings.ses_configuration_set,
        apprise_schemes=settings.apprise_schemes,
    )


class Installation:
    """The parts of one process, opened once and shared by whatever runs in it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.engine = Engine(database)
        self.links = Links(Vault(settings.secret_key, *settings.old_secret_keys), settings.public_url)
        self.memory = MemorySink()
        self.directory = DirectorySink(settings.documents_dir)
        self.far: TrailingSink | None = None
        self.metrics = Metrics(database, lambda: self.memory.edition, clock=now, text_price=settings.sms_price)
        database.before_commit.append(enqueue_publishing(self.engine))
        database.before_commit.append(enqueue_confirmations(self.engine))
        database.before_commit.append(enqueue_notices(self.engine))

    @classmethod
    def open(cls, settings: Settings) -> "Installation":
        """Open the parts; nothing runs yet, and a database that is away is not noticed yet.

        Raises:
            UnavailableError: the database URL is of no use.
        """
        set_up_logging(settings.log_level, as_json=settings.log_json)
        return cls(settings, Database.open(settings.database_url))

    def migrate(self) -> None:
        """Bring the tables, ours and the engine's, to this version.

        Raises:
            UnavailableError: the database is away, or newer than this code.
        """
        schema.migrate(self.database)
        self.engine.prepare()

    def publisher(self, to: Path | None = None) -> Publisher:
        """A publisher into this process's memory, directory and bucket, or only into the folder `to`."""
        sinks: list[Sink] = [self.memory, self.directory, *self._far_sinks()] if to is None else [DirectorySink(to)]
        return Publisher(
            self.database,
            sinks,
            partial(all_parts, failover_hosts=self.settings.failover_hosts),
            public_url=self.settings.public_url,
            owner=self.engine.executor_id,
            clock=now,
            known=load_edition(self.settings.documents_dir),
            on_published=self.metrics.published,
            channels=self.able,
            newest=partial(newest_generation, self.settings.documents_dir) if to is None else lambda: 0,
            keep=partial(keep_snapshot, self.kept_path) if to is None else lambda _generation, _snapshot: None,
        )

    def _far_sinks(self) -> list[TrailingSink]:
        """The bucket, where one is configured; it follows in its own time, so that nobody waits for it."""
        settings = self.settings
        if settings.s3_bucket and self.far is None:
            # Imported here: boto3 takes memory that a web process does without.
            from app.publish.s3 import S3Sink

            self.far = TrailingSink(S3Sink(settings.s3_bucket, settings.s3_prefix))
        return [self.far] if self.far else []

    @property
    def kept_path(self) -> Path:
        """Where the last public state is kept, beside the documents and not among them."""
        return self.settings.data_dir / "snapshot.json"

    @cached_property
    def spool(self) -> Spool:
        """Posts that wait for the database."""
        return Spool(self.settings.data_dir / "spool")

    @cached_property
    def without_database(self) -> WithoutDatabase:
        """How to publish while the database is away."""
        return WithoutDatabase(
            self.kept_path,
            self.spool,
            [self.memory, self.directory],
            partial(all_parts, failover_hosts=self.settings.failover_hosts),
            lambda: self.memory.edition or load_edition(self.settings.documents_dir),
        )

    def newest(self) -> tuple[int, datetime] | None:
        """The generation that this process shows, and as of when."""
        edition = self.memory.edition
        return (edition.generation, edition.as_of) if edition else None

    def worker(self) -> Worker:
        """The background side of this process."""
        return Worker(
            self.database,
            self.engine,
            self.publisher(),
            clock=now,
            channels=self.channels(),
            heartbeat=self._heartbeat(),
            watch_names=self._watch_names,
            spool=self.spool,
        )

    def _watch_names(self) -> None:
        """Look after the names that are on their way here or back, if any are."""
        with self.database.read() as session:
            is_moving = bool(moving_runs(session, now()))
        if is_moving:
            self.failover_desk.watch_all()

    def _heartbeat(self) -> Callable[[], object] | None:
        if not self.settings.heartbeat_url:
            return None
        # Imported here: a web process gives no sign of life, and httpx takes memory.
        from app.monitor.heartbeat import Heartbeat

        return Heartbeat(self.settings.heartbeat_url, self.readiness).beat

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Answer /metrics on its own port for so long, where the settings name one.

        Raises:
            UnavailableError: the port is taken.
        """
        host, port = self.settings.metrics_host, self.settings.metrics_port
        if not port:
            yield
            return
        try:
            stop = self.metrics.serve(host, port)
        except OSError as error:
            raise UnavailableError(f"Metrics cannot be served on {host}:{port}: {error.strerror}.") from error
        try:
            yield
        finally:
            stop()

    def readiness(self) -> list[Readiness]:
        """What this installation can do now, part by part."""
        trouble = self.far.trouble if self.far else ""
        return readiness(self.database, self.memory.edition, trouble, now=now())

    def channels(self) -> Channels:
        """What a worker sends with: providers where they are configured, the tray on a laptop."""
        settings = self.settings
        return Channels(
            notifiers=self._notifiers(),
            compose=Composer(
                self._snapshot,
                self.links,
                written=self._written,
                rehearsal=lambda: self._snapshot(drills=True),
            ),
            per_second={Channel.SMS: settings.sms_per_second, Channel.EMAIL: settings.email_per_second},
            keep_copies=self._keep_copies,
            confirming=Confirming(self.links, confirmation_writer(self.database, self.settings.public_url)),
            inviting=Inviting(self.links.vault, settings.console_url, invitation_writer(self.database)),
        )

    @property
    def providers(self) -> Providers:
        """The accounts that messages leave by."""
        return providers_of(self.settings)

    @property
    def able(self) -> Set[Channel]:
        """The channels that a sign-up may name: on a laptop the tray takes them all."""
        return self.providers.channels if self.settings.is_production else ALL_CHANNELS

    def _notifiers(self) -> dict[str, Notifier]:
        # Imported here: a web process sends nothing, and the providers' clients take 50 MB of memory.
        from app.deliver.channels import channels_of

        return channels_of(self.providers, None if self.settings.is_production else self._keep_in_tray)

    def _snapshot(self, *, drills: bool = False) -> PublicSnapshot:
        with self.database.read() as session:
            return Freezer(self.settings.public_url, drills=drills).freeze(session, now())

    def _keep_copies(self, session: Session) -> None:
        keep_service_manager(session, self.links.vault, self.settings.service_manager_email, now=now())

    def _written(self, at: datetime) -> Written:
        with self.database.read() as session:
            return written_templates(session, at=at)

    def _keep_in_tray(self, channel: str, notice: Notice) -> None:
        with self.database.transaction() as session:
            tray.keep(session, channel, notice, now())

    @cached_property
    def failover_desk(self) -> FailoverDesk:
        """Whoever changes where the MLS's names lead, with the providers that the settings set up.

        Raises:
            RefusedError: a server in the settings is no address.
        """
        # Imported here: most processes never switch a name, and the providers' clients take memory.
        from app.monitor.dns.providers import DnsSettings, desk_of

        named = {name.removeprefix("dns_"): value for name, value in self.settings if name.startswith("dns_")}
        return desk_of(self.database, DnsSettings(**named), now)

    def close(self) -> None:
        """Close the database, after what is on its way to the bucket."""
        if self.far:
            self.far.close()
        self.database.close()


def create_app(installation: Installation) -> Snapshot:
    """The whole web side: documents from memory outside, the console inside."""
    settings = installation.settings
    links = installation.links
    console: ASGIApp = build_console(
        installation.database,
        vault=links.vault,
        clock=now,
        secure_cookies=settings.is_secure,
        public_url=settings.public_url,
        admin_hosts=settings.admin_hosts,
        sign_in_idle=timedelta(minutes=settings.sign_in_idle_minutes),
        sign_in_lifetime=timedelta(hours=settings.sign_in_hours),
        newest=installation.newest,
        failover=lambda: installation.failover_desk,
        without_database=installation.without_database,
        sms_price=settings.sms_price,
        console_url=settings.console_url,
        second_factor_required=settings.asks_second_factor,
        oidc=oidc_provider(settings),
    )
    limits = SignUpLimits(country_codes=frozenset(settings.sms_country_codes))
    asking = SignUpParts(
        installation.database,
        links,
        now,
        limits,
        channels=installation.able,
        apprise_schemes=settings.apprise_schemes,
    )
    sign_up = build_sign_up(asking, secure=settings.is_secure, more=[subscriptions.router])
    hooks = build_hooks(
        HookParts(
            installation.database,
            links.vault,
            settings.public_url,
            twilio_auth_token=settings.twilio_auth_token,
            twilio_answers=settings.twilio_answers,
            topics=frozenset(settings.sns_topics),
            clock=now,
        )
    )
    manage = build_manage(
        ManageParts(installation.database, links, now, limits, installation.able), hosts=settings.page_hosts
    )
    ready = build_ready(lambda: {part.name: part.is_ready for part in installation.readiness()})
    owners: dict[ASGIApp, Collection[str]] = {
        sign_up: SIGN_UP_PATHS,
        hooks: [HOOKS_PATH],
        manage: [MANAGE_PATH],
        build_statuspage_sign_up(asking): STATUSPAGE_SIGN_UP_PATHS,
        ready: [READY_PATH],
    }
    return Snapshot(
        RequestIds(ByPath(console, owners)),
        installation.memory,
        public_hosts=settings.page_hosts,
        console_hosts=settings.admin_hosts,
        failover_hosts=settings.failover_hosts,
        secure=settings.is_secure,
    )


def oidc_provider(settings: Settings) -> OidcProvider | None:
    """The other sign-in that staff may use, where one is configured."""
    if not settings.oidc_issuer:
        return None
    return OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        name=settings.oidc_name,
        domains=frozenset(settings.oidc_domains),
    )


def confirmation_writer(database: Database, public_url: str = "") -> Callable[[ConfirmationToSend], Notice]:
    """Who writes the messages that ask an address, in its language: a code, a link, or a challenge."""

    def write(asked: ConfirmationToSend) -> Notice:
        with database.read() as session:
            organisation = the_organisation(session)
        # An id of its own each time: receivers leave out what they have had before.
        blank = Notice(f"confirmation-{asked.subscription_id}-{int(now().timestamp())}", asked.address)
        if asked.channel.is_program:
            return replace(blank, payload=_challenge(asked, public_url), challenge=asked.token, secret=asked.secret)
        language = Language(asked.language, organisation.zone)
        words = _question(language, organisation, asked)
        return replace(blank, subject=words.subject, text=words.text, html=words.html, language=language.code)

    return write


def _question(language: Language, organisation: Organisation, asked: ConfirmationToSend) -> ConfirmationWords:
    if asked.channel is Channel.SMS:
        return code_words(language, organisation.short_name, asked.code)
    if asked.channel.is_chat:
        return chat_words(language, organisation.name, asked.link, asked.manage)
    return link_words(language, organisation.name, asked.link)


def _challenge(asked: ConfirmationToSend, public_url: str) -> dict[str, object]:
    return challenge_payload(
        asked.channel,
        public_url,
        token=asked.token,
        link=asked.link,
        manage=asked.manage,
        stop=asked.stop,
        asked_at=asked.asked_at,
    )


def invitation_writer(database: Database) -> Callable[[InvitationToSend], Notice]:
    """Who writes the mails that ask people to join the console."""

    def write(invitation: InvitationToSend) -> Notice:
        with database.read() as session:
            organisation = the_organisation(session)
        until = f"{invitation.expires_at.astimezone(organisation.zone):%A, %B %-d, %-I:%M %p %Z}"
        role = invitation.role.in_words.lower()
        words = invitation_words(organisation.name, invitation.name, role, invitation.link, until)
        return Notice(
            delivery_id=f"invitation-{invitation.id}",
            address=invitation.address,
            subject=words.subject,
            text=words.text,
            html=words.html,
            language="en",
        )

    return write


def serve(installation: Installation, *, host: str, port: int) -> None:
    """Serve page and console until a signal; documents come from the directory a worker writes."""
    stop = threading.Event()
    follow(installation.settings.documents_dir, installation.memory, stop)
    try:
        with installation.measured():
            _server(installation, host, port).run()
    finally:
        stop.set()


def up(installation: Installation, *, host: str, port: int) -> None:
    """Page, console and worker in one process until a signal."""
    sys.setswitchinterval(SHARE)
    worker = installation.worker()
    worker.start()
    try:
        serve(installation, host=host, port=port)
    finally:
        worker.stop()


def work(installation: Installation) -> None:
    """The worker alone until a signal."""
    worker = installation.worker()
    worker.start()
    _log.info("working as %s", installation.engine.executor_id)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with installation.measured():
        stopped.wait()
    worker.stop()


def _server(installation: Installation, host: str, port: int) -> uvicorn.Server:
    app = create_app(installation)
    settings = installation.settings
    limits = Limits(header_seconds=settings.header_timeout, connections=room_for(settings.max_connections))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol_for(app, limits),
        loop="uvloop",
        log_level=settings.log_level.lower(),
        access_log=False,
        server_header=False,
        # Without it everybody behind a proxy would share the limits of one network.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
