"""Sends the deliveries of a batch: claims a chunk, calls the provider, records, and claims the next.

One short transaction records the last chunk, claims the next and reserves the sender's rate; the
provider is called between transactions. An attempt is committed before its call, so that whatever
dies, what may have gone out is known, and is looked for before it is sent again (reconcile.py).
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.deliver.calls import Answered, Compose, compose_all, judge, send_all
from app.deliver.fan_out import EnqueueBatch
from app.deliver.loop import SendingLoop
from app.deliver.reconcile import Doubt, settle_doubts
from app.domain.channels import Channel, Programme
from app.domain.deliveries import (
    Ending,
    Later,
    Reason,
    Recipient,
    State,
    chunk_size,
    notice_ending,
    recipient_verdict,
)
from app.domain.errors import UnavailableError
from app.domain.notices import NoticeStanding, Priority
from app.domain.subscribers import QuietHours, SubscriptionStatus
from app.store import rates
from app.store.chunks import Claimed, claim, due_deliveries, last_attempts, record_results, write_attempts
from app.store.deliveries import BatchRow, begin_run, end_waiting, is_urgent_owed, next_due, settle
from app.store.notices import NoticeRow, kept_standing, the_notice
from app.store.organisation import the_organisation
from app.store.session import Database
from notifiers.base import Notifier, Remedy

BadAddress = Callable[[Session, int, Reason, str], None]
"""Told of a subscription that its provider says is opted out or dead, with the provider's words."""

_TRY_DATABASE_EVERY = 0.25

_log = logging.getLogger("porchlight.deliver")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things may take.

    A claim outlasts the call, and the wait for the rate is added to it, or a live sender's
    deliveries would be taken for a dead one's. A sender that must rest for longer than
    `longest_hold` is left alone until then: no worker waits for it.
    """

    call: timedelta = timedelta(seconds=20)
    lease: timedelta = timedelta(seconds=30)
    ask_after: timedelta = timedelta(seconds=20)
    longest_wait: timedelta = timedelta(seconds=1)
    longest_hold: timedelta = timedelta(seconds=10)
    patience: timedelta = timedelta(seconds=1)
    stopped: timedelta = timedelta(seconds=30)
    database_away: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Job:
    """One run of one batch, under a name that no other run has."""

    batch_id: int
    run: int
    notice: NoticeRow
    channel: str
    priority: str
    zone: ZoneInfo
    owner: str = field(default_factory=lambda: secrets.token_hex(12))


@dataclass(frozen=True, slots=True)
class _Step:
    """What one transaction gave: deliveries to send and to ask about, after `wait` seconds; or the end."""

    now: datetime
    fresh: Sequence[Claimed] = ()
    doubtful: Sequence[Claimed] = ()
    tried_at: Mapping[int, datetime] = field(default_factory=dict)
    wait: float = 0.0
    is_over: bool = False


class Dispatcher:
    """Sends batches. One per process; safe to call from several threads.

    Args:
        database: where the ledger is.
        notifiers: by channel; deliveries of a channel without one wait.
        compose: makes the message of one delivery.
        enqueue: queues a batch again.
        loop: where provider calls run.
        bad_address: told when a provider says that an address is opted out or dead.
    """

    def __init__(
        self,
        database: Database,
        notifiers: Mapping[str, Notifier],
        compose: Compose,
        enqueue: EnqueueBatch,
        loop: SendingLoop,
        *,
        bad_address: BadAddress,
        timing: Timing | None = None,
    ) -> None:
        self._database = database
        self._notifiers = notifiers
        self._compose = compose
        self._enqueue = enqueue
        self._loop = loop
        self._bad_address = bad_address
        self._timing = timing or Timing()
        self._stopping = threading.Event()

    def send_batch(self, batch_id: int, run: int) -> None:
        """Send what a batch owes now; queues the batch again for what it owes later.

        Raises:
            UnavailableError: the database stayed away; the ledger knows what is still owed.
        """
        job = self._job(batch_id, run)
        answered: list[Answered] = []
        while job:
            step = self._persist(job, answered)
            if step.is_over:
                return
            self._stopping.wait(step.wait)
            answered = self._deliver(job, step)

    def stop(self) -> None:
        """Claim nothing more; chunks in hand are finished and recorded."""
        self._stopping.set()

    def _job(self, batch_id: int, run: int) -> _Job | None:
        with self._database.read() as session:
            batch = session.get(BatchRow, batch_id)
            if batch is None or batch.due_at is None or batch.run != run:
                return None
            zone = the_organisation(session).day.zone
            return _Job(batch_id, run, the_notice(session, batch.notice_id), batch.channel, batch.priority, zone)

    def _persist(self, job: _Job, answered: Sequence[Answered]) -> _Step:
        """One step, tried again while the database is away: what was sent must be recorded."""
        give_up = time.monotonic() + self._timing.database_away.total_seconds()
        while True:
            try:
                with self._database.transaction() as session:
                    return self._step(session, job, answered)
            except UnavailableError as error:
                if time.monotonic() > give_up or self._stopping.is_set():
                    raise
                _log.warning("batch %d waits: %s", job.batch_id, error)
                time.sleep(_TRY_DATABASE_EVERY)

    def _step(self, session: Session, job: _Job, answered: Sequence[Answered]) -> _Step:
        sender = rates.sender(session, job.channel)
        now = sender.now
        record_results(session, job.owner, [item.result for item in answered], now)
        if self._heed(session, job, answered, now):
            sender = rates.sender(session, job.channel)
        standing = kept_standing(session, job.notice.id or 0)
        if self._stopping.is_set():
            return _Step(now, is_over=True)
        ending = notice_ending(standing, now)
        if ending is not None:
            end_waiting(session, job.batch_id, ending, now)
        return self._next(session, job, sender, standing, now)

    def _heed(self, session: Session, job: _Job, answered: Sequence[Answered], now: datetime) -> bool:
        """What errors mean beyond their own delivery: slow down, stop, or leave an address alone; if there were any."""
        failed = [(item, item.error) for item in answered if item.error is not None]
        for item, error in failed:
            # A hook is a stranger's own: what it asks for holds for it alone, or one could silence all.
            if error.retry_after is not None and Channel(job.channel).is_personal:
                rates.hold_back(session, job.channel, error.retry_after)
            if error.remedy is Remedy.STOP_CHANNEL:
                rates.stop_sender(session, job.channel, error.message, now)
                _log.error("sending by %s is stopped: %s", job.channel, error.message)
            elif error.remedy is Remedy.OPTED_OUT:
                self._bad_address(session, item.subscription_id, Reason.OPTED_OUT, error.message)
            elif error.remedy is Remedy.FIX_ADDRESS and error.permanent:
                self._bad_address(session, item.subscription_id, Reason.BOUNCED, error.message)
        return bool(failed)

    def _next(
        self, session: Session, job: _Job, sender: rates.Sender, standing: NoticeStanding, now: datetime
    ) -> _Step:
        """What to do now: send, ask, wait a little, or leave it to a later run."""
        if sender.is_stopped or job.channel not in self._notifiers:
            return self._end(session, job, now, not_before=now + self._timing.stopped)
        if sender.wait > self._timing.longest_hold.total_seconds():
            return self._end(session, job, now, not_before=now + timedelta(seconds=sender.wait))
        wait = self._must_wait(session, job, sender, now)
        if wait:
            return _Step(now, wait=wait)
        most = chunk_size(sender.per_second)
        claimed = due_deliveries(session, job.batch_id, Programme(job.notice.programme), now, most)
        if not claimed:
            return self._end(session, job, now, not_before=now)
        return self._take(session, job, sender, standing, claimed)

    def _must_wait(self, session: Session, job: _Job, sender: rates.Sender, now: datetime) -> float:
        """Seconds before anything may be claimed: the sender is behind, or urgent words want it first."""
        longest = self._timing.longest_wait.total_seconds()
        if job.priority == Priority.BULK and is_urgent_owed(session, job.channel, now):
            return longest
        return min(sender.wait, longest) if sender.wait > longest / 4 else 0.0

    def _end(self, session: Session, job: _Job, now: datetime, *, not_before: datetime) -> _Step:
        """Nothing can be done now: wait a moment, or leave the rest to a later run."""
        due = next_due(session, job.batch_id)
        if due is not None and not_before <= now and due <= now + self._timing.patience:
            return _Step(now, wait=max(0.01, (due - now).total_seconds()))
        due = due and max(due, not_before)
        if begin_run(session, job.batch_id, job.run, due) and due:
            self._enqueue(session, job.batch_id, job.run + 1, job.priority, due - now)
        return _Step(now, is_over=True)

    def _take(
        self,
        session: Session,
        job: _Job,
        sender: rates.Sender,
        standing: NoticeStanding,
        claimed: Sequence[Claimed],
    ) -> _Step:
        now = sender.now
        doubtful = [item.delivery_id for item in claimed if item.state is not State.WAITING]
        waiting = [item for item in claimed if item.state is State.WAITING]
        fresh = _sort_out(session, standing, job.zone, waiting, now)
        wait = rates.reserve(session, job.channel, len(fresh)) if fresh and sender.per_second is not None else 0.0
        lease = now + self._timing.lease + timedelta(seconds=wait)
        if doubtful:
            claim(session, doubtful, State.UNKNOWN, job.owner, lease)
        if fresh:
            taken = [item.delivery_id for item in fresh]
            claim(session, taken, State.SENDING, job.owner, lease)
            write_attempts(session, taken, now)
        tried_at = last_attempts(session, doubtful) if doubtful else {}
        asked = [item for item in claimed if item.state is not State.WAITING]
        return _Step(now, fresh, asked, tried_at, wait)

    def _deliver(self, job: _Job, step: _Step) -> list[Answered]:
        """Send and ask, with no transaction open; what became of each delivery in hand."""
        answered = self._send(job, step) if step.fresh else []
        return [*answered, *self._ask(job, step)] if step.doubtful else answered

    def _send(self, job: _Job, step: _Step) -> list[Answered]:
        notifier, notice = self._notifiers[job.channel], job.notice
        letters, lost = compose_all(self._compose, notice, step.fresh)
        answers = self._loop.run(send_all(notifier, letters, self._timing.call))
        judged = [
            judge(letter, answer, expires_at=notice.expires_at, now=step.now, ask_after=self._timing.ask_after)
            for letter, answer in zip(letters, answers, strict=True)
        ]
        return [*judged, *lost]

    def _ask(self, job: _Job, step: _Step) -> list[Answered]:
        letters, lost = compose_all(self._compose, job.notice, step.doubtful)
        doubts = [
            Doubt(
                delivery_id=letter.claimed.delivery_id,
                number=letter.claimed.attempts,
                notice=letter.notice,
                # One that came from a backup may have been tried where nobody can look any more.
                tried_at=step.tried_at.get(letter.claimed.delivery_id, job.notice.created_at),
                expires_at=job.notice.expires_at,
            )
            for letter in letters
        ]
        found = self._loop.run(settle_doubts(self._notifiers[job.channel], doubts, step.now))
        return [*lost, *(Answered(result, 0) for result in found)]


def _sort_out(
    session: Session, standing: NoticeStanding, zone: ZoneInfo, waiting: Sequence[Claimed], now: datetime
) -> list[Claimed]:
    """Those that may leave; the others are ended or put off at once."""
    fresh: list[Claimed] = []
    others: dict[Ending | Later, list[int]] = {}
    for item in waiting:
        verdict = recipient_verdict(_recipient(item), standing, zone, now)
        if verdict is None:
            fresh.append(item)
        else:
            others.setdefault(verdict, []).append(item.delivery_id)
    for verdict, ids in others.items():
        settle(session, ids, verdict, now)
    return fresh


def _recipient(item: Claimed) -> Recipient:
    return Recipient(
        status=SubscriptionStatus.OPTED_OUT if item.status is None else SubscriptionStatus(item.status),
        wants_programme=item.takes_programme,
        is_held=item.is_held,
        quiet=QuietHours.parse(item.quiet_from, item.quiet_until, overridden=item.override_quiet),
        is_copy=item.is_copy,
    )
