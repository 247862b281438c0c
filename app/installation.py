"""The parts of one process, made from the settings and opened once: database, engine, sinks, channels."""

import logging
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session

from app.asking import confirmation_writer, invitation_writer, letter_writer, report_writer
from app.commands.call_outs import call_out
from app.commands.copies import keep_service_manager
from app.commands.examinations import keep_examination
from app.commands.suspicions import OnSuspected
from app.deliver.pages import Paging
from app.deliver.providers import Providers
from app.domain.audit import CLOCK
from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.errors import UnavailableError
from app.domain.examination import Check
from app.domain.failover_desk import FailoverDesk
from app.engine import Engine
from app.monitor.logs import set_up_logging
from app.monitor.readiness import Readiness, publishing_trouble, readiness
from app.outside import Answering, Circulating, Confirming, Inviting
from app.providing import providers_of, sending_rates
from app.publish.catalogue import all_parts
from app.publish.directory import DirectorySink, load_edition, newest_generation
from app.publish.freeze import Freezer
from app.publish.kept_snapshot import keep_snapshot
from app.publish.letters import Composer
from app.publish.publisher import Publisher
from app.publish.pulse import PulseFile
from app.publish.sinks import MemorySink, Sink
from app.publish.snapshot import PublicSnapshot
from app.publish.spool import Spool
from app.publish.trailing import TrailingSink
from app.publish.without_database import WithoutDatabase
from app.queueing import enqueue_confirmations, enqueue_notices, enqueue_publishing
from app.settings import Settings
from app.store import schema, tray
from app.store.failovers import moving_runs
from app.store.message_templates import Written, written_templates
from app.store.session import Database
from app.store.signed_links import Links
from app.store.vault import Vault
from app.worker import Channels, Worker
from notifiers.base import Notice, Notifier

if TYPE_CHECKING:
    from app.monitor.metrics import Metrics
    from app.publish.rescue import Bundle

_log = logging.getLogger("porchlight")


def now() -> datetime:
    """Aware UTC now; handed to whatever needs a clock."""
    return datetime.now(UTC)


def _unmeasured(_: timedelta) -> None:
    """Nobody watches how long publishing takes."""


class Installation:
    """The parts of one process, opened once and shared by whatever runs in it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.engine = Engine(database)
        self.links = Links(Vault(settings.secret_key, *settings.old_secret_keys), settings.public_url)
        self.memory = MemorySink()
        self.on_suspected: OnSuspected = call_out
        self.directory = DirectorySink(settings.documents_dir)
        self.far: TrailingSink | None = None
        self._beat_far: Callable[[datetime], None] | None = None
        self.metrics = self._metrics() if settings.metrics_port else None
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
            on_published=self.metrics.published if self.metrics else _unmeasured,
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

            bucket = S3Sink(settings.s3_bucket, settings.s3_prefix)
            self.far, self._beat_far = TrailingSink(bucket), bucket.beat
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
            [self.memory, self.directory, PulseFile(self.settings.documents_dir)],
            partial(all_parts, failover_hosts=self.settings.failover_hosts),
            lambda: self.memory.edition or load_edition(self.settings.documents_dir),
        )

    def rescue_bundle(self) -> "Bundle":
        """What people need on paper when nothing of this runs, as of now.

        Raises:
            NotFoundError: no organisation has been loaded.
            UnavailableError: the database is away.
        """
        # Imported here: drawing PDFs takes memory that is needed once a night.
        from app.monitor.rescue import Places, rescue_bundle

        settings = self.settings
        places = Places(
            public_url=settings.public_url,
            console_url=settings.console_url,
            data_dir=settings.data_dir,
            bucket=settings.s3_bucket,
            prefix=settings.s3_prefix,
            backup_dir=settings.backup_dir,
        )
        return rescue_bundle(self.database, self.links.vault, places, now=now())

    def keep_for_bad_days(self) -> list[Notice]:
        """What is done once a night: a backup where one is wanted, and the rescue bundle; mails that carry it away."""
        from app.monitor.nightly import Nightly

        settings = self.settings
        night = Nightly(
            self.database,
            settings.data_dir,
            self.rescue_bundle,
            clock=now,
            backup_dir=settings.backup_dir,
            backup_key=settings.backup_key,
            keep=settings.backup_keep,
            rescue_email=settings.rescue_email,
        )
        return night.run()

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
            look=self._look,
            pulse=self._pulse,
            examine=self._examine_nightly,
            spool=self.spool,
            nightly=self.keep_for_bad_days,
            traces_kept=timedelta(days=self.settings.keep_traces_days),
        )

    def _pulse(self) -> None:
        """Say wherever documents are that somebody publishes, unless something has waited for it too long.

        Raises:
            UnavailableError: a place is away; the bucket is told only while it has the newest edition.
        """
        at = now()
        with self.database.read() as session:
            if publishing_trouble(session, at):
                return
        PulseFile(self.settings.documents_dir).beat(at)
        if self._beat_far and self.far and not self.far.trouble:
            self._beat_far(at)

    def _look(self) -> None:
        """Let every probe look that is due."""
        # Imported here: a web process looks at nothing, and aiohttp takes memory.
        from app.monitor.probes.reaching import Reach, is_watchable
        from app.monitor.probes.turns import take_turn

        reach = Reach(is_watchable) if self.settings.probe_private_addresses else Reach()
        take_turn(self.database, reach, now, self.on_suspected, self.links.vault)

    def _watch_names(self) -> None:
        """Look after the names that are on their way here or back, if any are."""
        with self.database.read() as session:
            is_moving = bool(moving_runs(session, now()))
        if is_moving:
            self.failover_desk.watch_all()

    def examine(self) -> list[Check]:
        """What would fail tonight; takes up to a quarter of a minute and never raises."""
        # Imported here: the doctor speaks to every provider, and their clients take memory.
        from app.examination import examination

        return examination(self.settings, lambda: self.database, self.providers.channels, now=now())

    def _examine_nightly(self) -> None:
        checks = self.examine()
        with self.database.transaction(CLOCK) as session:
            keep_examination(session, checks, CLOCK.name, now=now())

    def _heartbeat(self) -> Callable[[], object] | None:
        if not self.settings.heartbeat_url:
            return None
        # Imported here: a web process gives no sign of life, and httpx takes memory.
        from app.monitor.heartbeat import Heartbeat

        return Heartbeat(self.settings.heartbeat_url, self.readiness).beat

    def _metrics(self) -> "Metrics":
        # Imported here: whoever watches nothing need not hold the libraries for it.
        from app.monitor.metrics import Metrics

        price = self.settings.sms_price
        return Metrics(self.database, lambda: self.memory.edition, clock=now, text_price=price)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Answer /metrics on its own port for so long, where the settings name one.

        Raises:
            UnavailableError: the port is taken.
        """
        if self.metrics is None:
            yield
            return
        host, port = self.settings.metrics_host, self.settings.metrics_port
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
        found = readiness(self.database, self.memory.edition, trouble, now=now())
        return [*found, *self._backups()]

    def _backups(self) -> list[Readiness]:
        """Whether last night's backup was made, where backups are wanted."""
        settings = self.settings
        if settings.backup_dir is None:
            return []
        # Imported here: a process that makes no backups does without what seals them.
        from app.monitor.backups import trouble_of

        return [Readiness("backups", trouble_of(settings.backup_dir, settings.data_dir, now()))]

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
            per_second=sending_rates(settings),
            keep_copies=self._keep_copies,
            confirming=Confirming(self.links, confirmation_writer(self.database, self.settings.public_url)),
            inviting=Inviting(self.links.vault, settings.console_url, invitation_writer(self.database)),
            answering=Answering(self.links.vault, letter_writer(self.database, settings.public_url)),
            circulating=Circulating(self.links.vault, settings.public_url, report_writer(self.database)),
            paging=Paging(self.links.vault, settings.console_url),
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
