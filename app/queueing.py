"""What every transaction queues before it commits, so that rows and the work they ask for stand or fall together."""

from collections.abc import Callable
from datetime import timedelta

from sqlmodel import Session

from app.commands.notices import OWED_BATCHES, OWED_FAN_OUTS
from app.deliver.sending import Queueing, batch_key, fan_out_key
from app.domain.notices import Priority
from app.engine import Engine, Queue
from app.store.outbox import last_event_id

PUBLISH = "publish"
FAN_OUT = "fan_out"
SEND_BATCH = "send_batch"
CONFIRM = "confirm"


def enqueue_publishing(engine: Engine) -> Callable[[Session], None]:
    """What every transaction does before it commits: queue the publishing of what it recorded."""

    def queue(session: Session) -> None:
        if session.info.get("recorded"):
            engine.enqueue(session, PUBLISH, key=f"publish-{last_event_id(session)}", queue=Queue.URGENT)

    return queue


def enqueue_confirmations(engine: Engine) -> Callable[[Session], None]:
    """What every transaction does before it commits: queue the confirmations that sign-ups in it ask for."""

    def queue(session: Session) -> None:
        if session.info.get("recorded_privately"):
            engine.enqueue(session, CONFIRM, key=f"confirm-{last_event_id(session)}")

    return queue


def enqueue_notices(engine: Engine) -> Callable[[Session], None]:
    """What every transaction does before it commits: queue the notices it wrote and the batches it woke."""
    queueing = queueing_on(engine)

    def queue(session: Session) -> None:
        for notice_id, hold in session.info.pop(OWED_FAN_OUTS, ()):
            queueing.fan_out(session, notice_id, fan_out_key(notice_id), hold)
        for batch_id, run, priority in session.info.pop(OWED_BATCHES, ()):
            queueing.batch(session, batch_id, run, priority, timedelta(0))

    return queue


def queueing_on(engine: Engine) -> Queueing:
    """How the sending side queues its work on this engine."""

    def fan_out(session: Session, notice_id: int, key: str, delay: timedelta) -> None:
        engine.enqueue(session, FAN_OUT, (notice_id,), key=key, queue=Queue.URGENT, delay=delay)

    def batch(session: Session, batch_id: int, run: int, priority: str, delay: timedelta) -> None:
        queue = Queue.URGENT if priority == Priority.URGENT else Queue.BULK
        engine.enqueue(session, SEND_BATCH, (batch_id, run), key=batch_key(batch_id, run), queue=queue, delay=delay)

    return Queueing(fan_out, batch, lambda: engine.queued(Queue.URGENT) | engine.queued(Queue.BULK))
