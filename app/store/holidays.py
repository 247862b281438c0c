"""Rows of the organisation's own days: closures of its own, half days, and holidays on which it works."""

from datetime import date, datetime, time

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.holidays import DayKind, OwnDay
from app.store.columns import Moment


class OwnDayRow(SQLModel, table=True):
    """One day. `closes_at` is "12:00" on the organisation's clock, for half days alone."""

    __tablename__ = "own_day"

    on: date = Field(primary_key=True)
    name: str
    kind: str
    closes_at: str | None = None
    created_at: datetime = Field(sa_type=Moment)


def own_days(session: Session, first: date, last: date) -> list[OwnDay]:
    """The organisation's own days from `first` to `last`, in order."""
    wanted = select(OwnDayRow).where(col(OwnDayRow.on) >= first, col(OwnDayRow.on) <= last)
    return [
        OwnDay(row.on, row.name, DayKind(row.kind), time.fromisoformat(row.closes_at) if row.closes_at else None)
        for row in session.exec(wanted.order_by(col(OwnDayRow.on)))
    ]
