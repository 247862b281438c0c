"""The ledger: one row per notice and subscription, one per attempt, one per batch, and their queries.

Written for hundreds of thousands of rows: everything here is one statement for many rows. Deliveries
name subscriptions without a foreign key, because the record of what was sent outlives the address.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import UniqueConstraint, func, insert, literal, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.channels import Channel, Programme
from app.domain.deliveries import BATCH_SIZE, Ending, Later, Outcome, Reason, State
from app.store.columns import Moment
from app.store.notices import NoticeRow
from app.store.restorations import least_delivery_id
from app.store.subscribers import BIG, SubscriptionRow, audience, is_copied

PASSING_BOUNCE = "Transient"
"""How SES's codes for a full mailbox and the like begin."""

_BATCHES_PER_NOTICE = 1_000_000
_BATCHES_PER_CHANNEL = 100_000


class BatchRow(SQLModel, table=True):
    """The deliveries that one piece of work sends: at most BATCH_SIZE, of one notice and channel.

    `due_at` is when it next has something to do, None when every delivery has ended. `run` counts
    the pieces of work made for it, so that each has a name of its own.
    """

    __tablename__ = "batch"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    notice_id: int = Field(sa_type=BIG, index=True)
    channel: str
    priority: str
    run: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


class DeliveryRow(SQLModel, table=True):
    """One notice to one subscription.

    `due_at` is the moment before which nobody may touch it: when to try again, or, while it is being
    sent, when the claim of its `owner` runs out. An ended one has none.
    """

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("notice_id", "subscription_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    notice_id: int = Field(sa_type=BIG)
    subscription_id: int = Field(sa_type=BIG)
    channel: str
    batch_id: int = Field(sa_type=BIG, index=True)
    state: str
    attempts: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Moment)
    owner: str | None = None
    provider_id: str | None = None
    outcome: str | None = None
    reason: str = ""
    words: str = ""
    updated_at: datetime = Field(sa_type=Moment)


class AttemptRow(SQLModel, table=True):
    """One try at a delivery, committed before the provider is called.

    `result` says what went wrong. It is empty while nobody has answered, and for the try that
    brought the delivery's own end.
    """

    __tablename__ = "attempt"

    delivery_id: int = Field(sa_type=BIG, primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    result: str = ""


DELIVERY = DeliveryRow.__table__  # type: ignore[attr-defined]
ATTEMPT = AttemptRow.__table__  # type: ignore[attr-defined]
BATCH = BatchRow.__table__  # type: ignore[attr-defined]
SUBSCRIPTION = SubscriptionRow.__table__  # type: ignore[attr-defined]


def first_batch(notice_id: int, channel: Channel) -> int:
    """The number of a notice's first batch on a channel: the same whenever it is asked for."""
    return notice_id * _BATCHES_PER_NOTICE + list(Channel).index(channel) * _BATCHES_PER_CHANNEL


def write_deliveries(
    session: Session,
    notice_id: int,
    channel: Channel,
    programme: Programme,
    component_ids: Sequence[str],
    now: datetime,
    *,
    is_drill: bool = False,
    recalled: bool = False,
    is_restored: bool = False,
) -> int:
    """One delivery for everybody whom the notice concerns on a channel, and by mail the service manager's; how many.

    Those of a notice that was taken back have ended before they began; those of one that came from
    a backup may have left the lost machine, and are asked about.
    """
    state, outcome = (State.ENDED, Outcome.RECALLED.value) if recalled else (State.WAITING, None)
    if is_restored and not recalled:
        state = State.UNKNOWN
    told = audience(programme, component_ids, is_drill=is_drill)
    if channel is Channel.EMAIL:
        told = sa.or_(told, is_copied())
    number = func.row_number().over(order_by=SUBSCRIPTION.c.id)
    place = (number - 1) // BATCH_SIZE
    chosen = sa.select(
        literal(notice_id, BIG),
        SUBSCRIPTION.c.id,
        literal(channel.value),
        literal(first_batch(notice_id, channel), BIG) + place,
        literal(state.value),
        literal(outcome, sa.String),
        literal(0),
        literal(None if recalled else now, Moment),
        literal(""),
        literal(""),
        literal(now, Moment),
    ).where(SUBSCRIPTION.c.channel == channel.value, told)
    columns = ["notice_id", "subscription_id", "channel", "batch_id", "state", "outcome", "attempts", "due_at"]
    columns += ["reason", "words", "updated_at"]
    if skipped := _last_id_to_skip(session):
        chosen, columns = chosen.add_columns(literal(skipped, BIG) + number), [*columns, "id"]
    statement = insert(DELIVERY).from_select(columns, chosen, include_defaults=False)
    # Drivers forget how many rows an INSERT made unless they are asked to keep it.
    done = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(done.rowcount)  # type: ignore[attr-defined]


def _last_id_to_skip(session: Session) -> int:
    """After a restore the lost machine's ids are passed over; 0 where the database does so by itself.

    PostgreSQL's sequence was moved by the restore, SQLite goes on from the highest id there is.
    """
    if session.get_bind().dialect.name != "sqlite":
        return 0
    highest: int = session.execute(sa.select(func.coalesce(func.max(DELIVERY.c.id), 0))).scalar_one()
    least = least_delivery_id(session)
    return least if least > highest else 0


def write_batches(
    session: Session, notice_id: int, channel: Channel, priority: str, size: int, now: datetime
) -> list[int]:
    """The batches of deliveries just written, all due now; their numbers."""
    first = first_batch(notice_id, channel)
    numbers = list(range(first, first + -(-size // BATCH_SIZE)))
    rows = [
        {"id": number, "notice_id": notice_id, "channel": channel.value, "priority": priority, "run": 0, "due_at": now}
        for number in numbers
    ]
    if rows:
        session.execute(insert(BATCH), rows)
    return numbers


def settle(session: Session, ids: Sequence[int], verdict: Ending | Later, now: datetime) -> None:
    """End or put off deliveries that were not handed to anybody."""
    ended = isinstance(verdict, Ending)
    session.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id.in_(ids))
        .values(
            state=State.ENDED.value if isinstance(verdict, Ending) else verdict.state.value,
            outcome=verdict.outcome.value if isinstance(verdict, Ending) else None,
            due_at=None if isinstance(verdict, Ending) else verdict.at,
            owner=None,
            reason=verdict.reason,
            words=verdict.words if ended else "",
            updated_at=now,
        )
    )


def end_waiting(session: Session, batch_id: int, ending: Ending, now: datetime) -> int:
    """End every delivery of a batch that has not left; how many."""
    waiting = update(DELIVERY).where(DELIVERY.c.batch_id == batch_id, DELIVERY.c.state == State.WAITING.value)
    done = session.execute(
        waiting.values(
            state=State.ENDED.value,
            outcome=ending.outcome.value,
            reason=ending.reason,
            words=ending.words,
            due_at=None,
            updated_at=now,
        )
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def next_due(session: Session, batch_id: int) -> datetime | None:
    """When the batch next has something to do; None when every delivery has ended."""
    soonest = sa.select(func.min(DELIVERY.c.due_at)).where(
        DELIVERY.c.batch_id == batch_id, DELIVERY.c.state != State.ENDED.value
    )
    found: datetime | None = session.execute(soonest).scalar_one()
    return found


def leases_of(session: Session, notice_ids: Sequence[int], now: datetime) -> int:
    """How many deliveries of these notices may be on their way at this moment."""
    flying = sa.select(func.count()).where(
        DELIVERY.c.notice_id.in_(notice_ids), DELIVERY.c.state == State.SENDING.value, DELIVERY.c.due_at > now
    )
    return int(session.execute(flying).scalar_one())


def is_urgent_owed(session: Session, channel: str, now: datetime) -> bool:
    """Whether urgent deliveries wait for this channel's sender."""
    urgent = sa.select(BATCH.c.id).where(
        BATCH.c.channel == channel, BATCH.c.priority == "urgent", BATCH.c.due_at <= now
    )
    return session.execute(urgent.limit(1)).first() is not None


def batches_owed(session: Session, now: datetime, overdue: timedelta) -> list[BatchRow]:
    """Batches that have had something to do for so long."""
    owed = select(BatchRow).where(col(BatchRow.due_at) <= now - overdue)
    return list(session.exec(owed.order_by(col(BatchRow.id))))


def begin_run(session: Session, batch_id: int, run: int, due_at: datetime | None) -> bool:
    """Give the batch its next run, due then (None: there is nothing more to do); False when another did."""
    next_run = run if due_at is None else run + 1
    done = session.execute(
        update(BATCH).where(BATCH.c.id == batch_id, BATCH.c.run == run).values(run=next_run, due_at=due_at)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def passing_bounces(session: Session, subscription_id: int, since: datetime) -> int:
    """How many notices since then came back from this subscription for a passing reason, as SES calls it."""
    session.flush()  # what the caller has just written counts too
    recent = sa.select(col(NoticeRow.id)).where(col(NoticeRow.created_at) >= since)
    counted = sa.select(func.count()).where(
        DELIVERY.c.notice_id.in_(recent),
        DELIVERY.c.subscription_id == subscription_id,
        DELIVERY.c.outcome == Outcome.FAILED.value,
        DELIVERY.c.reason.startswith(PASSING_BOUNCE),
    )
    return int(session.execute(counted).scalar_one())


def retry_failures(session: Session, notice_id: int, now: datetime) -> tuple[int, list[tuple[int, int]]]:
    """Make failed deliveries of a notice wait again, all tries forgotten but not their record.

    Returns how many, and the batches that must run for them, each with its new run. Unconfirmed
    ones stay failed: they may have arrived.
    """
    failed = sa.and_(
        DELIVERY.c.notice_id == notice_id,
        DELIVERY.c.outcome == Outcome.FAILED.value,
        DELIVERY.c.reason != Reason.UNCONFIRMED.value,
    )
    batches = list(session.execute(sa.select(DELIVERY.c.batch_id).where(failed).distinct()).scalars())
    waiting = {"state": State.WAITING.value, "outcome": None, "reason": "", "words": "", "due_at": now, "owner": None}
    count = session.execute(update(DELIVERY).where(failed).values(waiting)).rowcount  # type: ignore[attr-defined]
    runs = session.execute(
        update(BATCH)
        .where(BATCH.c.id.in_(batches))
        .values(run=BATCH.c.run + 1, due_at=now)
        .returning(BATCH.c.id, BATCH.c.run)
    )
    return int(count), [(batch_id, run) for batch_id, run in runs]


def forget_attempts(session: Session, before: datetime) -> int:
    """Drop the single tries of notices from before then; how many. How each delivery ended stays."""
    newest = sa.select(func.max(NoticeRow.id)).where(col(NoticeRow.created_at) <= before).scalar_subquery()
    told = sa.select(func.max(DELIVERY.c.notice_id)).where(DELIVERY.c.notice_id <= newest).scalar_subquery()
    last = sa.select(func.max(DELIVERY.c.id)).where(DELIVERY.c.notice_id == told).scalar_subquery()
    # Ids grow with time; a delivery of an old notice that was tried again lately keeps its tries.
    old = sa.delete(ATTEMPT).where(ATTEMPT.c.delivery_id <= last, ATTEMPT.c.at <= before)
    return session.execute(old).rowcount  # type: ignore[attr-defined, no-any-return]
