"""Rows of the organisation's own pronunciations for the telephone announcement."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.pronunciations import Pronunciation
from app.store.columns import Moment, new_id


class PronunciationRow(SQLModel, table=True):
    """How one word is read aloud in one language."""

    __tablename__ = "pronunciation"
    __table_args__ = (UniqueConstraint("language", "written"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    language: str
    written: str
    spoken: str
    created_at: datetime = Field(sa_type=Moment)


def pronunciations(session: Session) -> tuple[Pronunciation, ...]:
    """Every entry, by language and word."""
    wanted = select(PronunciationRow).order_by(col(PronunciationRow.language), col(PronunciationRow.written))
    return tuple(Pronunciation(row.id, row.language, row.written, row.spoken) for row in session.exec(wanted))
