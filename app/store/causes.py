"""Rows of causes: suspected, found, ruled out (R49)."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.causes import Cause, CauseState
from app.store.columns import Moment, new_id


class CauseRow(SQLModel, table=True):
    """One cause of an incident; `judged_at` is when its state was last set."""

    __tablename__ = "cause"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    words: str
    state: str
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    author: str = ""
    created_at: datetime = Field(sa_type=Moment)
    judged_at: datetime = Field(sa_type=Moment)


def causes_of(session: Session, incident_id: str) -> list[Cause]:
    """The causes of an incident as they were named."""
    wanted = select(CauseRow).where(CauseRow.incident_id == incident_id)
    rows = session.exec(wanted.order_by(col(CauseRow.created_at), col(CauseRow.id)))
    return [Cause(row.id, row.words, CauseState(row.state), row.author, row.judged_at) for row in rows]
