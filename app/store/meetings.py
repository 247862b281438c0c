"""Rows of where the people of each incident meet (R17). Sealed: a link lets in whoever has it."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, Session, SQLModel

from app.domain.meeting import Meeting
from app.store.columns import Moment
from app.store.vault import Vault

USUAL = "usual"
"""Under what id the organisation's own meeting place stands, which every incident begins with."""


class MeetingRow(SQLModel, table=True):
    """A meeting place; `id` is an incident's, or `USUAL`."""

    __tablename__ = "meeting"

    id: str = Field(primary_key=True, max_length=12)
    bridge_cipher: bytes = Field(sa_type=LargeBinary)
    link_cipher: bytes = Field(sa_type=LargeBinary)
    chat_cipher: bytes = Field(sa_type=LargeBinary)
    made_at: datetime = Field(sa_type=Moment)


def meeting(session: Session, vault: Vault, key: str = USUAL) -> Meeting | None:
    """Where the people of that incident meet, or the organisation's usual place; None where nothing is entered."""
    row = session.get(MeetingRow, key)
    if row is None:
        return None
    return Meeting(vault.open(row.bridge_cipher), vault.open(row.link_cipher), vault.open(row.chat_cipher))
