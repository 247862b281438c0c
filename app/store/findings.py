"""Rows of independent findings (R51). Read them through `seen_by`, never straight onto a page."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.findings import Finding
from app.store.columns import Moment, new_id


class FindingRow(SQLModel, table=True):
    """What one investigator found; `opened_at` is the same for all findings of an incident."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("incident_id", "account_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    account_id: str = Field(foreign_key="account.id", max_length=12)
    author: str
    words: str
    begun_at: datetime = Field(sa_type=Moment)
    submitted_at: datetime | None = Field(default=None, sa_type=Moment)
    opened_at: datetime | None = Field(default=None, sa_type=Moment)


def finding_rows(session: Session, incident_id: str) -> list[FindingRow]:
    """Every finding of an incident in the order in which they were begun."""
    wanted = select(FindingRow).where(FindingRow.incident_id == incident_id)
    return list(session.exec(wanted.order_by(col(FindingRow.begun_at), col(FindingRow.id))))


def findings_of(session: Session, incident_id: str) -> list[Finding]:
    """The same as values, sealed ones too: for rules, and for `app.domain.findings.seen_by`."""
    return [frozen_finding(row) for row in finding_rows(session, incident_id)]


def frozen_finding(row: FindingRow) -> Finding:
    """The finding as a value."""
    return Finding(
        id=row.id,
        account_id=row.account_id,
        author=row.author,
        words=row.words,
        begun_at=row.begun_at,
        submitted_at=row.submitted_at,
        opened_at=row.opened_at,
    )
