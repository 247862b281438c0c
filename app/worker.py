"""The background side: publishes, sends, and keeps what the clock owes. All through the engine."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.cadence import tend_cadence
from app.commands.call_outs import tend_call_outs
from app.commands.coverage import tend_coverage
from app.commands.decisions import ask_again
from app.commands.first_words import tend_first_words
from app.commands.maintenance import advance_maintenances
from app.commands.maintenance_series import plan_owed_works
from app.commands.meetings import begin_meetings
from app.commands.message_plan import lay_plans
from app.commands.plan import tend_plan
from app.commands.probes import CHANGES_KEPT
from app.commands.proof_reminders import remind_of_proofs
from app.commands.report import tend_reports
from app.commands.retention import forget_personal_traces
from app.commands.sign_up_limits import forget_old_traces
from app.commands.spooled_posts import take_in
from app.commands.stale_notes import nudge_stale_incidents, nudge_stale_tickets
from app.commands.subscribers import give_up, opt_out
from app.commands.ticket_records import forget_old_tickets
from app.commands.vendors import tend_contracts
from app.commands.waiting import publish_waiting
from app.commands.weekly_digest import tend_digest
from app.deliver.calls import Compose
from app.deliver.dispatcher import Timing
from app.deliver.pages import Paging
from app.deliver.sending import Sending
from app.domain.audit import CLOCK
from app.domain.channels import Channel
from app.domain.consent import ConsentAct, Means
from app.domain.deliveries import Reason
from app.domain.errors import NotFoundError, RefusedError, UnavailableError
from app.engine import Engine
from app.outside import Answering, Circulating, Confirming, Inviting, Outside, Writers
from app.publish.publisher import Publisher
from app.publish.spool import Spool
from app.queueing import CONFIRM, FAN_OUT, PUBLISH, SEND_BATCH, queueing_on
from app.store.probes import forget_changes
from app.store.rates import database_now
from app.store.restorations import is_held
from app.store.session import Database
from app.store.subscribers import subscription_row
from notifiers.base import Notice, Notifier

ADVANCE = "advance_maintenances"
CADENCE = "tend_cadence"
CALL_OUT = "tend_call_outs"
LEARN = "tend_reports"
SWEEP = "sweep"
WATCH_NAMES = "watch_names"
LOOK = "take_turn"
REAP = "reap"
FORGET = "forget_finished"
REMIND = "remind_of_proofs"
HEARTBEAT = "heartbeat"
NIGHTLY = "nightly"
PULSE = "pulse"
EXAMINE = "examine"

WATCH_EVERY = timedelta(milliseconds=250)
RETRY_AFTER = timedelta(seconds=2)
KEEP_FINISHED = timedelta(days=1)
OVERDUE = timedelta(seconds=5)

_log = logging.getLogger("porchlight.worker")


@dataclass(frozen=True, slots=True)
class Channels:
    """What a worker sends with: notifiers and rates by channel, and who writes the messages.

    `keep_copies` sees to it, at each start, that who must be copied on everything is; `paging` makes
    the calls to people on duty.
    """

    notifiers: Mapping[str, Notifier]
    compose: Compose
    per_second: Mapping[str, float] | None = None
    timing: Timing | None = None
    confirming: Confirming | None = None
    keep_copies: Callable[[Session], None] | None = None
    inviting: Inviting | None = None
    answering: Answering | None = None
    circulating: Circulating | None = None
    paging: Paging | None = None

    @property
    def writers(self) -> Writers:
        """Who writes the messages that no ledger row stands for."""
        return Writers(self.confirming, self.inviting, self.answering, self.circulating, self.paging)


class Worker:
    """The jobs of one process, registered with its engine.

    The engine guarantees that they run; the watch makes them prompt: it wakes at this process's
    own commits at once, and at other processes' within a quarter of a second.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        publisher: Publisher,
        *,
        clock: Callable[[], datetime],
        channels: Channels | None = None,
        heartbeat: Callable[[], object] | None = None,
        watch_names: Callable[[], object] | None = None,
        look: Callable[[], object] | None = None,
        pulse: Callable[[], object] | None = None,
        examine: Callable[[], object] | None = None,
        spool: Spool | None = None,
        nightly: Callable[[], Iterable[Notice]] = tuple,
        traces_kept: timedelta = timedelta(days=730),
    ) -> None:
        self._traces_kept = traces_kept
        self._spool = spool
        self._sending = _sending(database, engine, channels) if channels else None
        self._keep_copies = channels.keep_copies if channels else None
        self._paging = channels.paging if channels else None
        self._outside = Outside(database, self._sending, clock, channels.writers if channels else Writers())
        self._database = database
        self._engine = engine
        self._publisher = publisher
        self._clock = clock
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_until_stopped, name="watch", daemon=True)
        engine.register(PUBLISH, self._publish)
        engine.register(ADVANCE, self._advance)
        engine.register(CADENCE, self._tend_cadence)
        engine.register(SWEEP, self._sweep)
        engine.register(FORGET, self._forget)
        engine.register(CONFIRM, self._outside.send_owed)
        engine.schedule(ADVANCE, "*/10 * * * * *", ADVANCE)
        engine.schedule(CADENCE, "*/10 * * * * *", CADENCE)
        engine.register(CALL_OUT, self._tend_call_outs)
        engine.schedule(CALL_OUT, "*/5 * * * * *", CALL_OUT)
        engine.register(LEARN, self._tend_reports)
        engine.schedule(LEARN, "25 * * * * *", LEARN)
        engine.schedule(SWEEP, "5 * * * * *", SWEEP)
        engine.register(REAP, self._reap)
        engine.schedule(REAP, "*/20 * * * * *", REAP)
        engine.register(REMIND, self._remind)
        engine.schedule(REMIND, "0 20 * * * *", REMIND)
        engine.schedule(FORGET, "0 17 9 * * *", FORGET)
        engine.register(FAN_OUT, self._fan_out)
        if heartbeat:
            engine.register(HEARTBEAT, heartbeat)
            engine.schedule(HEARTBEAT, "35 * * * * *", HEARTBEAT)
        if examine:
            engine.register(EXAMINE, examine)
            engine.schedule(EXAMINE, "0 40 8 * * *", EXAMINE)
        self._pulse = pulse
        if pulse:
            engine.register(PULSE, self._beat)
            engine.schedule(PULSE, "15 * * * * *", PULSE)
        self._nightly = nightly
        engine.register(NIGHTLY, self._keep_for_bad_days)
        engine.schedule(NIGHTLY, "0 30 8 * * *", NIGHTLY)
        if look:
            engine.register(LOOK, look)
            engine.schedule(LOOK, "*/5 * * * * *", LOOK)
        if watch_names:
            engine.register(WATCH_NAMES, watch_names)
            engine.schedule(WATCH_NAMES, "*/15 * * * * *", WATCH_NAMES)
        if self._sending:
            engine.register(SEND_BATCH, self._sending.send_batch)

    def start(self) -> None:
        """Publish once, then work until `stop`; returns when the first publication is out or has failed."""
        self._database.on_commit.append(self._wake.set)
        if self._keep_copies:
            with self._database.transaction() as session:
                self._keep_copies(session)
        if self._sending:
            self._sending.start()
        self._engine.run()
        if self._sending:
            self._sending.sweep(timedelta(0))
        self._attempt(self._take_in)
        self._attempt(self._publisher.publish)
        self._beat()
        self._watch.start()

    def stop(self) -> None:
        """Finish what is being done, at most a few seconds of it."""
        self._stopping.set()
        self._wake.set()
        if self._watch.is_alive():
            self._watch.join(timeout=5)
        if self._sending:
            self._sending.hush()
        self._engine.stop()
        if self._sending:
            self._sending.stop()

    def _watch_until_stopped(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(WATCH_EVERY.total_seconds())
            self._wake.clear()
            self._attempt(self._publish)

    def _attempt(self, publish: Callable[[], object]) -> None:
        """Publish, or say why not and leave it owed: the watch must outlive every fault."""
        try:
            publish()
        except UnavailableError as error:
            _log.warning("not published yet: %s", error)
            self._stopping.wait(RETRY_AFTER.total_seconds())
        except Exception:
            _log.exception("publishing failed")
            self._stopping.wait(RETRY_AFTER.total_seconds())

    def _publish(self) -> None:
        self._take_in()
        self._publisher.publish_if_owed()

    def _beat(self) -> None:
        """Say that somebody publishes; what cannot be said now is said in a minute."""
        try:
            if self._pulse:
                self._pulse()
        except UnavailableError as error:
            _log.warning("the page may say that nobody publishes: %s", error)

    def _is_held(self) -> bool:
        """Whether a restore waits for a person: until then the clock says nothing to anybody."""
        with self._database.read() as session:
            return is_held(session)

    def _take_in(self) -> None:
        """What was published while the database was away, before anything is published over it."""
        if self._spool:
            take_in_spooled(self._database, self._spool, now=self._clock())

    def _advance(self) -> None:
        if self._is_held():
            return
        with self._database.transaction(CLOCK) as session:
            moved = advance_maintenances(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            planned = plan_owed_works(session, now=self._clock())
        if moved or planned:
            _log.info("the clock moved planned work %d times and announced %d", moved, planned)

    def _remind(self) -> None:
        if self._is_held():
            return
        with self._database.transaction(CLOCK) as session:
            remind_of_proofs(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            tend_coverage(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            tend_contracts(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            tend_plan(session, now=self._clock())

    def _tend_cadence(self) -> None:
        if self._is_held():
            return
        with self._database.transaction(CLOCK) as session:
            publish_waiting(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            tend_cadence(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            nudge_stale_incidents(session, now=self._clock())
            nudge_stale_tickets(session, now=self._clock())

    def _tend_reports(self) -> None:
        """What is owed after an incident, and the week's summary."""
        if self._is_held():
            return
        with self._database.transaction(CLOCK) as session:
            tend_reports(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            tend_digest(session, now=self._clock())

    def _tend_call_outs(self) -> None:
        if self._is_held():
            return
        with self._database.transaction(CLOCK) as session:
            tend_first_words(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            tend_call_outs(session, now=self._clock())
            if self._paging:
                begin_meetings(session, self._paging.vault, now=self._clock())
        self._outside.call_people_out()
        with self._database.transaction(CLOCK) as session:
            lay_plans(session, now=self._clock())
            ask_again(session, now=self._clock())

    def _keep_for_bad_days(self) -> None:
        """The backup and the rescue bundle of this night, and the mails that carry it away."""
        for notice in self._nightly():
            self._outside.send(Channel.EMAIL, notice, "the rescue bundle")

    def _reap(self) -> None:
        """Twice a minute would do for a clock; a mail-out whose worker died should not stand still that long."""
        if resumed := self._engine.reap():
            _log.warning("took over %d pieces of work from a worker that fell silent", resumed)

    def _sweep(self) -> None:
        self.sweep(OVERDUE)

    def sweep(self, overdue: timedelta) -> None:
        """What the rows have owed for so long is done, whatever the engine has forgotten."""
        self._publish()
        self._engine.reap()
        if self._sending:
            self._engine.hurry(is_busy=self._sending.is_owed())
            self._sending.sweep(overdue)
        self._outside.send_owed()

    def _fan_out(self, notice_id: int) -> None:
        """Without channels the notice stays owed; the worker that has some finds it in the rows."""
        if self._sending:
            self._engine.hurry(is_busy=True)
            self._sending.fan_out(notice_id)

    def _forget(self) -> None:
        with self._database.transaction() as session:
            forget_old_traces(session, now=self._clock())
        with self._database.transaction(CLOCK) as session:
            forget_old_tickets(session, now=self._clock())
            forget_changes(session, self._clock() - CHANGES_KEPT)
            forget_personal_traces(session, self._clock() - self._traces_kept, now=self._clock())
        self._engine.forget_finished(self._clock() - KEEP_FINISHED)


def take_in_spooled(database: Database, spool: Spool, *, now: datetime) -> None:
    """Take in every post that waits for the database, in the order in which they were said.

    Raises:
        UnavailableError: the database is still away; what is left goes on waiting.
    """
    for post in spool.waiting():
        try:
            with database.transaction(post.by) as session:
                take_in(session, post, now=now)
            spool.take_off(post)
        except (RefusedError, NotFoundError) as error:
            _log.error("a post of %s could not be taken in and lies in spool/refused: %s", post.by.name, error)
            spool.set_aside(post)


def _sending(database: Database, engine: Engine, channels: Channels) -> Sending:
    return Sending(
        database,
        channels.notifiers,
        queueing_on(engine),
        compose=channels.compose,
        bad_address=leave_alone,
        per_second=channels.per_second,
        timing=channels.timing,
    )


def leave_alone(session: Session, subscription_id: int, reason: Reason, words: str) -> None:
    """A provider says that an address is opted out or dead: the consent log and the list say so too."""
    row = subscription_row(session, subscription_id, lock=True)
    if row is None:
        return
    now = database_now(session)
    if reason is Reason.OPTED_OUT:
        opt_out(session, row, Means.PROVIDER, now=now, words=words)
    else:
        give_up(session, row, ConsentAct.BOUNCED, now=now, words=words)
