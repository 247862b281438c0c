"""Rows of the counts of what is carried away from a supplier that closes, and their query (R69)."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.closing import Count
from app.store.accounts import AccountRow
from app.store.columns import Moment, new_id


class CopyCountRow(SQLModel, table=True):
    """One count of one kind of thing."""

    __tablename__ = "copy_count"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    what: str
    expected: int
    copied: int
    verified: int
    counted_by: str | None = Field(default=None, foreign_key="account.id")
    counted_at: datetime = Field(sa_type=Moment)


def counts_of(session: Session, incident_id: str) -> dict[str, list[Count]]:
    """Every count for an incident, oldest first, by what was counted."""
    wanted = (
        select(CopyCountRow, AccountRow.name)
        .join(AccountRow, col(AccountRow.id) == col(CopyCountRow.counted_by), isouter=True)
        .where(CopyCountRow.incident_id == incident_id)
        .order_by(col(CopyCountRow.counted_at))
    )
    found: dict[str, list[Count]] = {}
    for row, name in session.exec(wanted):
        count = Count(row.what, row.expected, row.copied, row.verified, row.counted_at, name or "")
        found.setdefault(row.what, []).append(count)
    return found
