"""The numbers that are watched from outside: what waits, what is late, what was sent. Counted from the rows."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import func
from sqlmodel import Session, col, select

from app.domain.channels import Channel
from app.domain.deliveries import Outcome, State
from app.domain.delivery_board import Standing, standing_of
from app.store.deliveries import DELIVERY, BatchRow
from app.store.heartbeats import live_executors
from app.store.incidents import open_incidents
from app.store.notices import NoticeRow
from app.store.outbox import OutboxRow


@dataclass(frozen=True, slots=True)
class Measures:
    """One look at the rows.

    `waiting_since` is when the oldest event that no generation carries was recorded; `owed_since`
    when the oldest batch of deliveries should have gone on. `late` counts open incidents whose
    promise has passed. `deliveries` are those of notices since the moment asked for.
    """

    waiting_since: datetime | None
    owed_since: datetime | None
    open_incidents: int
    late: int
    workers: int
    deliveries: dict[tuple[Channel, Standing], int]


def measures(session: Session, *, now: datetime, alive_since: datetime, notices_since: datetime) -> Measures:
    """Count what a dashboard shows; a few statements, whatever the size of the ledger before `notices_since`."""
    opened = open_incidents(session)
    return Measures(
        waiting_since=_oldest(session, col(OutboxRow.created_at), col(OutboxRow.generation).is_(None)),
        owed_since=_oldest(session, col(BatchRow.due_at), col(BatchRow.due_at) < now),
        open_incidents=len(opened),
        late=sum(incident.is_late(now) for incident in opened),
        workers=len(live_executors(session, alive_since)),
        deliveries=_deliveries(session, notices_since),
    )


def _oldest(
    session: Session, moment: sa.orm.Mapped[datetime] | sa.orm.Mapped[datetime | None], where: sa.ColumnElement[bool]
) -> datetime | None:
    found = session.exec(select(moment).where(where).order_by(moment).limit(1)).first()
    return found if isinstance(found, datetime) else None


def _deliveries(session: Session, since: datetime) -> dict[tuple[Channel, Standing], int]:
    alike = (DELIVERY.c.channel, DELIVERY.c.state, DELIVERY.c.outcome)
    recent = sa.select(col(NoticeRow.id)).where(col(NoticeRow.created_at) >= since)
    counted = sa.select(*alike, func.count()).where(DELIVERY.c.notice_id.in_(recent)).group_by(*alike)
    found: dict[tuple[Channel, Standing], int] = {}
    for channel, state, outcome, number in session.execute(counted):
        standing = standing_of(State(state), Outcome(outcome) if outcome else None)
        found[Channel(channel), standing] = found.get((Channel(channel), standing), 0) + number
    return found
