"""Words that are being written: one draft for each person and incident, so that a dead battery loses none."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, delete
from sqlmodel import Field, Session, SQLModel, col

from app.store.columns import Moment

NEW = ""
"""What a draft is about when its incident is not opened yet."""

KEPT = timedelta(days=3)
"""How long words are kept that nobody publishes."""


class DraftRow(SQLModel, table=True):
    """The form as it stood at `saved_at`: its fields as pairs, in order."""

    __tablename__ = "draft"

    account_id: str = Field(foreign_key="account.id", primary_key=True)
    incident_id: str = Field(default=NEW, primary_key=True, max_length=12)
    fields: list[Any] = Field(sa_type=JSON)
    saved_at: datetime = Field(sa_type=Moment, index=True)


def draft_row(session: Session, account_id: str, incident_id: str) -> DraftRow | None:
    """What this person was writing on that incident."""
    return session.get(DraftRow, (account_id, incident_id))


def forget_draft(session: Session, account_id: str, incident_id: str) -> None:
    """Drop what this person was writing: it was published, or thrown away."""
    session.execute(
        delete(DraftRow).where(col(DraftRow.account_id) == account_id, col(DraftRow.incident_id) == incident_id)
    )


def forget_old_drafts(session: Session, before: datetime) -> None:
    """Drop what nobody came back for."""
    session.execute(delete(DraftRow).where(col(DraftRow.saved_at) < before))
