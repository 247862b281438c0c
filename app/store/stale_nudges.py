"""Rows of nudges about incidents and tickets on which nobody wrote anything for too long (R52)."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col

from app.domain.severity import Urgency
from app.domain.tickets import TicketState
from app.store.columns import Moment
from app.store.incidents import OPEN, REAL, IncidentRow, IncidentUpdateRow
from app.store.once import insert_once
from app.store.tickets import TicketRow
from app.store.timeline import TimelineEntryRow


class StaleNudgeRow(SQLModel, table=True):
    """One nudge; `since` is the last note it counts from, so that each silence is told once."""

    __tablename__ = "stale_nudge"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True, max_length=12)
    since: datetime = Field(sa_type=Moment, primary_key=True)
    sent_at: datetime = Field(sa_type=Moment)


class TicketNudgeRow(SQLModel, table=True):
    """The same for a ticket."""

    __tablename__ = "ticket_nudge"

    ticket_id: str = Field(foreign_key="ticket.id", primary_key=True, max_length=12)
    since: datetime = Field(sa_type=Moment, primary_key=True)
    sent_at: datetime = Field(sa_type=Moment)


def last_notes(session: Session) -> list[tuple[str, str, datetime]]:
    """Id and title of every urgent open incident, and when somebody last wrote anything about it."""
    said = sa.select(sa.func.max(IncidentUpdateRow.created_at)).where(
        col(IncidentUpdateRow.incident_id) == col(IncidentRow.id)
    )
    written = sa.select(sa.func.max(TimelineEntryRow.created_at)).where(
        col(TimelineEntryRow.incident_id) == col(IncidentRow.id)
    )
    wanted = sa.select(
        col(IncidentRow.id),
        col(IncidentRow.title),
        col(IncidentRow.created_at),
        said.scalar_subquery().label("said"),
        written.scalar_subquery().label("written"),
    ).where(col(IncidentRow.status).in_(OPEN), REAL, col(IncidentRow.urgency) == Urgency.URGENT)
    return [
        (row.id, row.title, max(at for at in (row.created_at, row.said, row.written) if at))
        for row in session.execute(wanted)
    ]


def take_nudge(session: Session, incident_id: str, since: datetime, now: datetime) -> bool:
    """Take it upon oneself to nudge; False when it was done before, here or by another worker."""
    return insert_once(session, StaleNudgeRow, incident_id=incident_id, since=since, sent_at=now)


def stale_urgent_tickets(session: Session, before: datetime) -> list[tuple[str, int, str, datetime]]:
    """Id, number, incident's title and last note of open tickets of urgent open incidents, untouched since then."""
    wanted = (
        sa.select(col(TicketRow.id), col(TicketRow.number), col(IncidentRow.title), col(TicketRow.touched_at))
        .join(IncidentRow, col(IncidentRow.id) == col(TicketRow.incident_id))
        .where(
            col(IncidentRow.status).in_(OPEN),
            REAL,
            col(IncidentRow.urgency) == Urgency.URGENT,
            col(TicketRow.state) != TicketState.SOLVED,
            col(TicketRow.touched_at) <= before,
        )
    )
    found = session.execute(wanted.order_by(col(TicketRow.number)))
    return [(ticket_id, number, title, touched_at) for ticket_id, number, title, touched_at in found]


def take_ticket_nudge(session: Session, ticket_id: str, since: datetime, now: datetime) -> bool:
    """As `take_nudge`, for a ticket."""
    return insert_once(session, TicketNudgeRow, ticket_id=ticket_id, since=since, sent_at=now)
