"""What the delivery board counts: the rows themselves, never a tally kept beside them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func
from sqlmodel import Session, col, select

from app.domain.channels import Channel, Programme
from app.domain.deliveries import Outcome, Reason, State
from app.domain.notices import Priority
from app.store.components import ComponentRow
from app.store.deliveries import BATCH, DELIVERY, SUBSCRIPTION, DeliveryRow
from app.store.notices import NoticeRow
from app.store.subscribers import SubscriptionRow, audience
from notifiers.base import NULL_PREFIX


@dataclass(frozen=True, slots=True)
class Count:
    """So many deliveries of a notice stand or ended alike on one channel. `words` are those of one of them."""

    channel: Channel
    state: State
    outcome: Outcome | None
    reason: str
    number: int
    words: str = ""


def progress(session: Session, notice_id: int) -> list[Count]:
    """How the deliveries of a notice stand."""
    alike = (DELIVERY.c.channel, DELIVERY.c.state, DELIVERY.c.outcome, DELIVERY.c.reason)
    counted = sa.select(*alike, func.count(), func.max(DELIVERY.c.words)).where(DELIVERY.c.notice_id == notice_id)
    return [
        Count(Channel(channel), State(state), Outcome(outcome) if outcome else None, reason, number, words)
        for channel, state, outcome, reason, number, words in session.execute(counted.group_by(*alike))
    ]


def outcome_counts(session: Session, notice_ids: Collection[int]) -> dict[int, dict[Outcome | None, int]]:
    """How many deliveries of each notice ended how; None for those that have not ended."""
    alike = (DELIVERY.c.notice_id, DELIVERY.c.outcome)
    counted = sa.select(*alike, func.count()).where(DELIVERY.c.notice_id.in_(notice_ids)).group_by(*alike)
    found: dict[int, dict[Outcome | None, int]] = {notice_id: {} for notice_id in notice_ids}
    for notice_id, outcome, number in session.execute(counted):
        found[notice_id][Outcome(outcome) if outcome else None] = number
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the record of a notice: who, how it ended, and where to. `cipher` is None once erased."""

    delivery_id: int
    subscription_id: int
    channel: Channel
    state: State
    outcome: Outcome | None
    reason: str
    words: str
    attempts: int
    updated_at: datetime
    cipher: bytes | None


def told(session: Session, notice_id: int, *, after: int = 0, most: int = 1000) -> list[Told]:
    """The record of a notice, oldest first, `most` at a time: deliveries with an id above `after`."""
    row = DELIVERY.c
    lines = (
        sa.select(row.id, row.subscription_id, row.channel, row.state, row.outcome, row.reason, row.words)
        .add_columns(row.attempts, row.updated_at, SUBSCRIPTION.c.address_cipher)
        .outerjoin_from(DELIVERY, SUBSCRIPTION, SUBSCRIPTION.c.id == row.subscription_id)
        .where(row.notice_id == notice_id, row.id > after)
        .order_by(row.id)
        .limit(most)
    )
    return [
        Told(number, whom, Channel(channel), State(state), Outcome(outcome) if outcome else None, *rest)
        for number, whom, channel, state, outcome, *rest in session.execute(lines)
    ]


def leaving_before(session: Session, notice: NoticeRow, channel: Channel) -> int:
    """How many deliveries of other notices share this notice's sender and do not come after it.

    Urgent ones go before the rest; those of the same kind take turns, so that all of them are counted.
    """
    batch = BATCH.c
    others = sa.select(batch.id).where(
        batch.channel == channel.value, batch.notice_id != notice.id, batch.due_at.is_not(None)
    )
    if notice.priority == Priority.URGENT:
        others = others.where(batch.priority == Priority.URGENT.value)
    waiting = sa.select(func.count()).where(
        DELIVERY.c.batch_id.in_(others),
        DELIVERY.c.state == State.WAITING.value,
        DELIVERY.c.reason != Reason.QUIET.value,
    )
    return int(session.execute(waiting).scalar_one())


def audience_counts(
    session: Session, programme: Programme, slugs: list[str], *, is_drill: bool = False
) -> dict[Channel, int]:
    """How many would be told, by channel: what the composer shows before anything is posted."""
    components = session.exec(select(ComponentRow.id).where(col(ComponentRow.slug).in_(slugs))).all()
    counted = select(SubscriptionRow.channel, func.count()).where(audience(programme, components, is_drill=is_drill))
    return {
        Channel(channel): number for channel, number in session.exec(counted.group_by(col(SubscriptionRow.channel)))
    }


def failures(session: Session, notice_id: int, *, after: int = 0, most: int = 100) -> list[DeliveryRow]:
    """The dead letters of a notice, oldest first, `most` at a time: those with an id above `after`."""
    dead = select(DeliveryRow).where(
        DeliveryRow.notice_id == notice_id, DeliveryRow.outcome == Outcome.FAILED, col(DeliveryRow.id) > after
    )
    return list(session.exec(dead.order_by(col(DeliveryRow.id)).limit(most)))


def is_in_tray(session: Session, notice_id: int) -> bool:
    """Whether null notifiers took some of it, whose receipts say so: those messages never left."""
    pretended = DELIVERY.c.provider_id.startswith(NULL_PREFIX)
    found = sa.select(DELIVERY.c.id).where(DELIVERY.c.notice_id == notice_id, pretended)
    return session.execute(found.limit(1)).first() is not None
