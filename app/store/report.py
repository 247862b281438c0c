"""Rows of the report after an incident, of what its participants observed, and the queries that name them (R60-R64)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.assignments import Answer
from app.domain.report import Reminder
from app.store.accounts import AccountRow
from app.store.assignments import AssignmentRow
from app.store.columns import Moment
from app.store.incidents import REAL, IncidentRow, IncidentUpdateRow
from app.store.once import insert_once
from app.store.roster import PersonRow
from app.store.timeline import TimelineEntryRow

_LATELY = timedelta(days=14)


class IncidentReportRow(SQLModel, table=True):
    """What was written under each heading (`words`), and how far the report is.

    `due_on` follows from `resolved_at`; when the incident is reopened and resolved again, both move and
    the report is to be finished again. `pages` are the documents that were looked at (R61).
    """

    __tablename__ = "incident_report"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True, max_length=12)
    resolved_at: datetime = Field(sa_type=Moment)
    due_on: date = Field(index=True)
    words: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    pages: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    meeting_at: datetime | None = Field(default=None, sa_type=Moment)
    meeting_place: str = ""
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    finished_by: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    saved_at: datetime | None = Field(default=None, sa_type=Moment)


class ReportReminderRow(SQLModel, table=True):
    """A reminder that went out on one day: there is never a second one."""

    __tablename__ = "report_reminder"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True, max_length=12)
    day: date = Field(primary_key=True)
    reminder: str
    sent_at: datetime = Field(sa_type=Moment)


class ObservationRow(SQLModel, table=True):
    """What one participant saw, asked for before anybody meets (R64)."""

    __tablename__ = "observation"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True, max_length=12)
    account_id: str = Field(foreign_key="account.id", primary_key=True, max_length=12)
    asked_at: datetime = Field(sa_type=Moment)
    words: str = ""
    written_at: datetime | None = Field(default=None, sa_type=Moment)


@dataclass(frozen=True, slots=True)
class Observation:
    """What one participant was asked, and what they wrote."""

    account_id: str
    name: str
    asked_at: datetime
    words: str
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwedReport:
    """A report that is not finished yet."""

    incident_id: str
    title: str
    due_on: date


def report_row(session: Session, incident_id: str, *, lock: bool = False) -> IncidentReportRow | None:
    """The row of one incident's report; with `lock` nobody else changes it until the transaction ends."""
    wanted = select(IncidentReportRow).where(IncidentReportRow.incident_id == incident_id)
    return session.exec(wanted.with_for_update() if lock else wanted).first()


def newly_resolved(session: Session, now: datetime) -> list[IncidentRow]:
    """Incidents of our own that were resolved lately and have no report that knows of it; never drills."""
    row, report = IncidentRow, IncidentReportRow
    is_unknown = col(report.incident_id).is_(None) | (col(report.resolved_at) != col(row.resolved_at))
    wanted = select(row).outerjoin(report, col(report.incident_id) == col(row.id))
    return list(session.exec(wanted.where(REAL, row.source == "", col(row.resolved_at) > now - _LATELY, is_unknown)))


def owed_reports(session: Session) -> list[OwedReport]:
    """Reports that are due or will be, the soonest first."""
    row, report = IncidentRow, IncidentReportRow
    wanted = (
        select(col(row.id), col(row.title), col(report.due_on))
        .join(report, col(report.incident_id) == col(row.id))
        .where(REAL, col(row.resolved_at).is_not(None), col(report.finished_at).is_(None))
    )
    found = session.exec(wanted.order_by(col(report.due_on), col(row.id)))
    return [OwedReport(incident_id, title, due_on) for incident_id, title, due_on in found]


def take_report_reminder(session: Session, incident_id: str, day: date, reminder: Reminder, now: datetime) -> bool:
    """Take it upon oneself to send this day's reminder; False when it was sent before, by whatever worker."""
    values = {"incident_id": incident_id, "day": day, "reminder": reminder.value, "sent_at": now}
    return insert_once(session, ReportReminderRow, **values)


def observations_of(session: Session, incident_id: str) -> list[Observation]:
    """Everybody who was asked, by name, and what they wrote."""
    row = ObservationRow
    wanted = (
        select(row, AccountRow.name)
        .join(AccountRow, col(AccountRow.id) == col(row.account_id))
        .where(row.incident_id == incident_id)
        .order_by(col(AccountRow.name), col(row.account_id))
    )
    found = session.exec(wanted)
    return [Observation(each.account_id, name, each.asked_at, each.words, each.written_at) for each, name in found]


def participant_ids(session: Session, incident_id: str) -> list[str]:
    """The accounts of everybody who took a part, spoke to members, or wrote down what happened."""
    parts = (
        sa.select(col(PersonRow.account_id))
        .join_from(AssignmentRow, PersonRow, col(PersonRow.id) == col(AssignmentRow.person_id))
        .where(col(AssignmentRow.incident_id) == incident_id, col(AssignmentRow.answer) == Answer.ACCEPTED)
    )
    said = sa.select(col(IncidentUpdateRow.author_id)).where(col(IncidentUpdateRow.incident_id) == incident_id)
    wrote = sa.select(col(TimelineEntryRow.account_id)).where(col(TimelineEntryRow.incident_id) == incident_id)
    found = {each for each in session.execute(sa.union(parts, said, wrote)).scalars() if each}
    here = select(AccountRow.id).where(col(AccountRow.id).in_(found), col(AccountRow.disabled_at).is_(None))
    return sorted(session.exec(here))


def account_ids_of(session: Session, incident_id: str, role: str) -> list[str]:
    """The accounts of whoever accepted one part in an incident."""
    wanted = (
        select(PersonRow.account_id)
        .join(AssignmentRow, col(AssignmentRow.person_id) == col(PersonRow.id))
        .where(
            AssignmentRow.incident_id == incident_id,
            AssignmentRow.role_key == role,
            AssignmentRow.answer == Answer.ACCEPTED,
        )
    )
    return [account_id for account_id in session.exec(wanted) if account_id]
