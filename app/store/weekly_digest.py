"""Rows of the week's summaries that went out: one for each Friday, whoever sent it (R39)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel

from app.store.columns import Moment
from app.store.once import insert_once


class WeeklyDigestRow(SQLModel, table=True):
    """One summary, and which incidents stood in it."""

    __tablename__ = "weekly_digest"

    day: date = Field(primary_key=True)
    incidents: list[str] = Field(default_factory=list, sa_type=JSON)
    sent_at: datetime = Field(sa_type=Moment)


def take_digest(session: Session, day: date, incidents: Sequence[str], now: datetime) -> bool:
    """Take it upon oneself to send that Friday's summary; False where somebody has."""
    return insert_once(session, WeeklyDigestRow, day=day, incidents=list(incidents), sent_at=now)
