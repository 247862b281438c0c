"""Rows of files that are kept with an incident: in the database, so that a backup holds them (R48)."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, select

from app.store.columns import Moment, new_id


class AttachmentRow(SQLModel, table=True):
    """One file; `sha256` is of its bytes."""

    __tablename__ = "attachment"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    name: str
    media_type: str
    size: int
    sha256: str = Field(max_length=64)
    content: bytes
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    author: str
    created_at: datetime = Field(sa_type=Moment)


def attachment_count(session: Session, incident_id: str) -> int:
    """How many files an incident has."""
    counted = select(func.count()).select_from(AttachmentRow).where(AttachmentRow.incident_id == incident_id)
    return session.exec(counted).one()


def attachment_row(session: Session, incident_id: str, attachment_id: str) -> AttachmentRow | None:
    """One file with its bytes, if it belongs to that incident."""
    row = session.get(AttachmentRow, attachment_id)
    return row if row and row.incident_id == incident_id else None
