"""What the delivery board counts: the rows themselves, never a tally kept beside them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func
from sqlmodel import Session, col, select

from app.domain.channels import Channel, Programme
from app.domain.deliveries import Outcome, State
from app.store.components import ComponentRow
from app.store.deliveries import DELIVERY, DeliveryRow
from app.store.subscribers import SubscriptionRow, audience


@dataclass(frozen=True, slots=True)
class Count:
    """So many deliveries of a notice stand or ended alike on one channel."""

    channel: Channel
    state: State
    outcome: Outcome | None
    reason: str
    number: int


def progress(session: Session, notice_id: int) -> list[Count]:
    """How the deliveries of a notice stand."""
    alike = (DELIVERY.c.channel, DELIVERY.c.state, DELIVERY.c.outcome, DELIVERY.c.reason)
    counted = sa.select(*alike, func.count()).where(DELIVERY.c.notice_id == notice_id).group_by(*alike)
    return [
        Count(Channel(channel), State(state), Outcome(outcome) if outcome else None, reason, number)
        for channel, state, outcome, reason, number in session.execute(counted)
    ]


def audience_counts(session: Session, programme: Programme, slugs: list[str]) -> dict[Channel, int]:
    """How many would be told, by channel: what the composer shows before anything is posted."""
    components = session.exec(select(ComponentRow.id).where(col(ComponentRow.slug).in_(slugs))).all()
    counted = select(SubscriptionRow.channel, func.count()).where(audience(programme, components))
    return {
        Channel(channel): number for channel, number in session.exec(counted.group_by(col(SubscriptionRow.channel)))
    }


def failures(session: Session, notice_id: int, *, after: int = 0, most: int = 100) -> list[DeliveryRow]:
    """The dead letters of a notice, oldest first, `most` at a time: those with an id above `after`."""
    dead = select(DeliveryRow).where(
        DeliveryRow.notice_id == notice_id, DeliveryRow.outcome == Outcome.FAILED, col(DeliveryRow.id) > after
    )
    return list(session.exec(dead.order_by(col(DeliveryRow.id)).limit(most)))


def in_doubt(session: Session, now: datetime) -> int:
    """How many deliveries nobody can say anything about yet."""
    unknown = sa.select(func.count()).where(
        sa.or_(
            DELIVERY.c.state == State.UNKNOWN.value,
            sa.and_(DELIVERY.c.state == State.SENDING.value, DELIVERY.c.due_at < now),
        )
    )
    return int(session.execute(unknown).scalar_one())
