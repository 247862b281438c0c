"""Rows of how soon members heard of each incident, and of the rules for a first word by itself (R26)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.first_word import AutomaticRule, FirstWord, FoundBy
from app.domain.severity import Severity
from app.store.columns import Moment
from app.store.incidents import REAL, IncidentRow, IncidentUpdateRow


class FirstWordRow(SQLModel, table=True):
    """Of one incident."""

    __tablename__ = "first_word"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True, max_length=12)
    detected_at: datetime = Field(sa_type=Moment)
    said_at: datetime | None = Field(default=None, sa_type=Moment)
    found_by: str
    is_automatic: bool = False


class FirstWordRuleRow(SQLModel, table=True):
    """A severity at which a first word may go out by itself."""

    __tablename__ = "first_word_rule"

    severity: str = Field(primary_key=True)
    wait_minutes: int
    confirm_minutes: int


def first_words(session: Session, incident_ids: Collection[str]) -> dict[str, FirstWord]:
    """How soon members heard, by incident."""
    rows = session.exec(select(FirstWordRow).where(col(FirstWordRow.incident_id).in_(incident_ids)))
    return {
        row.incident_id: FirstWord(row.detected_at, row.said_at, FoundBy(row.found_by), row.is_automatic)
        for row in rows
    }


def first_word_rules(session: Session) -> Mapping[Severity, AutomaticRule]:
    """The rules in force, by severity; none by default."""
    rows = session.exec(select(FirstWordRuleRow))
    return {
        Severity(row.severity): AutomaticRule(Severity(row.severity), row.wait_minutes, row.confirm_minutes)
        for row in rows
    }


def young_incidents(session: Session, now: datetime, age: timedelta) -> list[IncidentRow]:
    """Incidents that were opened here within that time, but for drills and imports."""
    wanted = select(IncidentRow).where(col(IncidentRow.created_at) > now - age, IncidentRow.source == "", REAL)
    return list(session.exec(wanted))


def first_said_at(session: Session, incident_id: str) -> datetime | None:
    """When the first words about an incident were on the page."""
    row = IncidentUpdateRow
    wanted = select(row.display_at, row.created_at).where(row.incident_id == incident_id)
    found = session.exec(wanted.order_by(col(row.position)).limit(1)).first()
    return (found[0] or found[1]) if found else None
