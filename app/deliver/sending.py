"""Everything that sends, put together: fan-out, dispatcher, their loop, and what the rows still owe."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.deliver.calls import Compose
from app.deliver.dispatcher import BadAddress, Dispatcher, Timing
from app.deliver.fan_out import EnqueueBatch, FanOut
from app.deliver.loop import SendingLoop
from app.store.deliveries import batches_owed, begin_run
from app.store.notices import notices_owed
from app.store.rates import database_now, reserve, set_sender
from app.store.session import Database
from notifiers.base import DeliveryError, Metered, Notice, Notifier, Outcome, Receipt

_log = logging.getLogger("porchlight.deliver")

USUAL_RATE = 14.0
"""Messages a second where a provider should say how many and cannot be asked: what SES begins with."""

ASK_SECONDS = 10.0
OUTSIDE_SECONDS = 60.0
LONGEST_TURN = 10.0
"""Seconds a message of its own waits for its place in the sender's rate; it never waits for a whole mail-out."""

EnqueueFanOut = Callable[[Session, int, str, timedelta], None]
"""Queues the fan-out of a notice under a key, in the caller's transaction, not before so long."""


@dataclass(frozen=True, slots=True)
class Queueing:
    """How work is queued: `known` tells the keys of all that waits or runs."""

    fan_out: EnqueueFanOut
    batch: EnqueueBatch
    known: Callable[[], set[str]]


def fan_out_key(notice_id: int, again: str = "") -> str:
    """The name of a piece of work; the same work has the same name and is queued once."""
    return f"fan-out-{notice_id}-{again}" if again else f"fan-out-{notice_id}"


def batch_key(batch_id: int, run: int) -> str:
    """The name of one run of one batch."""
    return f"send-{batch_id}-{run}"


class Sending:
    """The sending side of one process. `start` before use, `stop` at the end.

    Args:
        database: where the ledger is.
        notifiers: by channel.
        per_second: the rate of each sender, shared by all workers. Of those not named the provider is
            asked, where it can say; the others have none.
        compose: makes the message of one delivery.
        bad_address: told when a provider says that an address is opted out or dead.
    """

    def __init__(
        self,
        database: Database,
        notifiers: Mapping[str, Notifier],
        queueing: Queueing,
        *,
        compose: Compose,
        bad_address: BadAddress,
        per_second: Mapping[str, float] | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._database = database
        self._notifiers = notifiers
        self._queueing = queueing
        self._per_second = per_second or {}
        self._loop = SendingLoop()
        self._fan_out = FanOut(database, queueing.batch)
        self._dispatcher = Dispatcher(
            database, notifiers, compose, queueing.batch, self._loop, bad_address=bad_address, timing=timing
        )

    def start(self) -> None:
        """Set the senders' rates and get ready to send."""
        self._loop.start()
        rates = {name: self._rate_of(name, notifier) for name, notifier in self._notifiers.items()}
        with self._database.transaction() as session:
            for name, rate in rates.items():
                set_sender(session, name, rate)

    def _rate_of(self, name: str, notifier: Notifier) -> float | None:
        if name in self._per_second or not isinstance(notifier, Metered):
            return self._per_second.get(name)
        try:
            return self._loop.run(notifier.per_second(), ASK_SECONDS)
        except (DeliveryError, TimeoutError) as error:
            _log.warning("%s does not say how fast we may send, so it is %s a second: %s", name, USUAL_RATE, error)
            return USUAL_RATE

    def fan_out(self, notice_id: int) -> None:
        """The job `fan_out`."""
        self._fan_out.run(notice_id)

    def send_batch(self, batch_id: int, run: int) -> None:
        """The job `send_batch`."""
        self._dispatcher.send_batch(batch_id, run)

    def hush(self) -> None:
        """Claim nothing more; what is in hand is finished."""
        self._dispatcher.stop()

    def send_outside(self, channel: str, notice: Notice) -> Outcome | None:
        """Send one message that no ledger row stands for (a confirmation); None where the channel has no notifier.

        It counts in the sender's rate like any other.
        """
        outcomes = self.send_all_outside(channel, [notice])
        return outcomes[0] if outcomes else None

    def send_all_outside(self, channel: str, notices: Sequence[Notice]) -> Sequence[Outcome] | None:
        """The same for several at once; what became of each, in their order."""
        notifier = self._notifiers.get(channel)
        if notifier is None:
            return None
        with self._database.transaction() as session:
            wait = reserve(session, channel, len(notices))
        time.sleep(min(wait, LONGEST_TURN))
        return self._loop.run(notifier.send(notices), OUTSIDE_SECONDS)

    def find_outside(self, channel: str, notice: Notice, since: datetime) -> Receipt | None:
        """Whether the provider's log holds such a message, sent at `since` or later; None without a notifier, too.

        Raises:
            DeliveryError: the provider cannot be asked now.
        """
        notifier = self._notifiers.get(channel)
        return self._loop.run(notifier.find(notice, since), OUTSIDE_SECONDS) if notifier else None

    def stop(self) -> None:
        """Close the notifiers and the loop. Whatever still waits for an answer will be asked about."""
        for notifier in self._notifiers.values():
            self._loop.run(notifier.close(), 5)
        self._loop.stop()

    def is_owed(self) -> bool:
        """Whether any batch has something to do now."""
        with self._database.read() as session:
            return bool(batches_owed(session, database_now(session), timedelta(0)))

    def sweep(self, overdue: timedelta) -> int:
        """Queue what the rows have owed for so long and nobody has queued; how many pieces of work.

        The engine may have lost everything: the rows are the truth.
        """
        with self._database.read() as session:
            now = database_now(session)
            notices = notices_owed(session, now - overdue)
            batches = [(row.id or 0, row.run, row.priority) for row in batches_owed(session, now, overdue)]
        if not notices and not batches:
            return 0
        known = self._queueing.known()
        with self._database.transaction() as session:
            return self._queue_again(session, notices, batches, known)

    def _queue_again(
        self, session: Session, notices: list[int], batches: list[tuple[int, int, str]], known: set[str]
    ) -> int:
        now = database_now(session)
        queued = 0
        for notice_id in notices:
            first = fan_out_key(notice_id)
            if not any(key == first or key.startswith(f"{first}-") for key in known):
                self._queueing.fan_out(session, notice_id, fan_out_key(notice_id, f"{now:%d%H%M%S}"), timedelta(0))
                queued += 1
        for batch_id, run, priority in batches:
            if batch_key(batch_id, run) not in known and begin_run(session, batch_id, run, now):
                self._queueing.batch(session, batch_id, run + 1, priority, timedelta(0))
                queued += 1
        return queued
