"""Rows of the cadence clock: what was skipped on purpose, what was missed, and which reminders went out."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.cadence import Due, Step
from app.domain.incidents import IncidentStatus
from app.store.columns import Moment
from app.store.incidents import REAL, IncidentRow
from app.store.once import insert_once

_OPEN = [status.value for status in IncidentStatus if status.is_open]


class CadenceSkipRow(SQLModel, table=True):
    """One due moment that somebody let pass on purpose, and why."""

    __tablename__ = "cadence_skip"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True)
    due_at: datetime = Field(sa_type=Moment, primary_key=True)
    slot: str
    reason: str
    account_id: str | None = Field(default=None, foreign_key="account.id")
    skipped_at: datetime = Field(sa_type=Moment)


class CadenceMissRow(SQLModel, table=True):
    """One due moment that passed in silence; the report lists them."""

    __tablename__ = "cadence_miss"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True)
    due_at: datetime = Field(sa_type=Moment, primary_key=True)
    slot: str
    recorded_at: datetime = Field(sa_type=Moment)


class CadenceReminderRow(SQLModel, table=True):
    """One reminder that went out: there is never a second one of its kind for a due moment."""

    __tablename__ = "cadence_reminder"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True)
    due_at: datetime = Field(sa_type=Moment, primary_key=True)
    step: str = Field(primary_key=True)
    sent_at: datetime = Field(sa_type=Moment)


def incidents_on_the_clock(session: Session, since: datetime) -> list[str]:
    """Ids of the incidents that owe words, or owed some after `since`; never drills, nor those without an urgency."""
    owed = (col(IncidentRow.status).in_(_OPEN)) | (col(IncidentRow.resolved_at) >= since)
    return list(session.exec(select(IncidentRow.id).where(owed, REAL, col(IncidentRow.urgency).is_not(None))))


def skips_of(session: Session, incident_ids: Collection[str]) -> dict[str, list[CadenceSkipRow]]:
    """What was skipped on each of these incidents, oldest first."""
    found: defaultdict[str, list[CadenceSkipRow]] = defaultdict(list)
    wanted = select(CadenceSkipRow).where(col(CadenceSkipRow.incident_id).in_(incident_ids))
    for row in session.exec(wanted.order_by(col(CadenceSkipRow.due_at))):
        found[row.incident_id].append(row)
    return dict(found)


def misses_of(session: Session, incident_id: str) -> list[CadenceMissRow]:
    """What was missed on an incident, oldest first."""
    wanted = select(CadenceMissRow).where(CadenceMissRow.incident_id == incident_id)
    return list(session.exec(wanted.order_by(col(CadenceMissRow.due_at))))


def keep_misses(session: Session, incident_id: str, dues: Iterable[Due], now: datetime) -> int:
    """Record what passed in silence, each moment once; how many are new."""
    return sum(
        insert_once(session, CadenceMissRow, incident_id=incident_id, due_at=due.at, slot=due.slot, recorded_at=now)
        for due in dues
    )


def take_reminder(session: Session, incident_id: str, due: Due, step: Step, now: datetime) -> bool:
    """Take it upon oneself to send this reminder; False when it was sent before, here or by another worker.

    The ones that come before it are taken with it: a clock that jumps back announces nothing again.
    """
    steps = list(Step)[: list(Step).index(step) + 1]
    taken = [
        insert_once(session, CadenceReminderRow, incident_id=incident_id, due_at=due.at, step=each.value, sent_at=now)
        for each in reversed(steps)
    ]
    return taken[0]
