"""The sending side without an engine: queued work is kept in a list and done when the test says so."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from app.deliver.calls import Compose
from app.deliver.dispatcher import Timing
from app.deliver.sending import Queueing, Sending
from app.store.session import Database
from app.worker import leave_alone
from notifiers.base import DeliveryError, Notice, Notifier, Outcome, Receipt
from tests.deliver.world import compose

QUICK = Timing(
    call=timedelta(seconds=2),
    lease=timedelta(seconds=3),
    ask_after=timedelta(seconds=0.2),
    stopped=timedelta(seconds=0.3),
)


@dataclass
class Script:
    """A notifier that does as it is told, and remembers what it took like a provider's log.

    `answer` decides about one notice: None takes it. What it returns or takes is noted in `taken`.
    """

    name: str = "sms"
    batch: int = 50
    answer: Callable[[Notice], DeliveryError | None] = lambda _: None
    takes_it_anyway: bool = False
    cannot_be_asked: DeliveryError | None = None
    taken: list[Notice] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        return [self._one(notice) for notice in notices]

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:
        self.asked.append(notice.delivery_id)
        if self.cannot_be_asked:
            raise self.cannot_be_asked
        known = any(taken.delivery_id == notice.delivery_id for taken in self.taken)
        return Receipt(f"SM{notice.delivery_id}") if known else None

    async def close(self) -> None:
        pass

    def _one(self, notice: Notice) -> Outcome:
        error = self.answer(notice)
        if error is None or self.takes_it_anyway:
            self.taken.append(notice)
        return error or Receipt(f"SM{notice.delivery_id}")


class Desk:
    """Fan-out and dispatcher on one database."""

    def __init__(
        self,
        database: Database,
        notifiers: Mapping[str, Notifier],
        timing: Timing = QUICK,
        per_second: Mapping[str, float] | None = None,
        compose: Compose = compose,
    ) -> None:
        self.database = database
        self.queue: list[tuple[float, int, int, str]] = []
        queueing = Queueing(lambda *_: None, self._enqueue, lambda: {f"send-{b}-{r}" for _, b, r, _ in self.queue})
        self.sending = Sending(
            database,
            notifiers,
            queueing,
            compose=compose,
            bad_address=leave_alone,
            per_second=per_second,
            timing=timing,
        )

    def send(self, notice_id: int, seconds: float = 15) -> None:
        """Fan a notice out and send until nothing is owed."""
        self.sending.fan_out(notice_id)
        self.drain(seconds)

    def drain(self, seconds: float = 15) -> None:
        """Do what is queued, when it is due, until the queue is empty or the time is over."""
        end = time.monotonic() + seconds
        while self.queue and time.monotonic() < end:
            self.queue.sort()
            due_at, batch_id, run, _ = self.queue[0]
            if due_at > time.monotonic():
                time.sleep(min(0.02, due_at - time.monotonic()))
                continue
            self.queue.pop(0)
            self.sending.send_batch(batch_id, run)

    def _enqueue(self, session: Session, batch_id: int, run: int, priority: str, delay: timedelta) -> None:
        self.queue.append((time.monotonic() + delay.total_seconds(), batch_id, run, priority))


@contextmanager
def open_desk(database: Database, notifier: Notifier, **settings: object) -> Iterator[Desk]:
    """A desk with one notifier, closed at the end."""
    desk = Desk(database, {notifier.name: notifier}, **settings)  # type: ignore[arg-type]
    desk.sending.start()
    try:
        yield desk
    finally:
        desk.sending.hush()
        desk.sending.stop()
