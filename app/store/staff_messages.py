"""Messages to people of the staff that are owed: written with the act they tell of, sent by the worker."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment
from app.store.subscribers import BIG


class StaffMessageRow(SQLModel, table=True):
    """One message to one person, by mail and, where a number is known, by text.

    `sent_at` is set each time it is taken in hand, `finished_at` once the mail was handed over or given up.
    """

    __tablename__ = "staff_message"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    account_id: str = Field(foreign_key="account.id")
    subject: str
    text: str
    created_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    finished_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


def owed_staff_messages(session: Session, taken_before: datetime, most: int) -> list[StaffMessageRow]:
    """Messages that are not finished and that nobody has in hand, oldest first; other workers skip these.

    Whoever took one before `taken_before` and did not finish it has died, or could not send it.
    """
    row = StaffMessageRow
    is_free = col(row.sent_at).is_(None) | (col(row.sent_at) < taken_before)
    owed = select(row).where(col(row.finished_at).is_(None), is_free).order_by(col(row.id))
    return list(session.exec(owed.limit(most).with_for_update(skip_locked=True)))


def finish_staff_messages(session: Session, ids: Collection[int], now: datetime) -> None:
    """Note that these are done with."""
    session.execute(update(StaffMessageRow).where(col(StaffMessageRow.id).in_(ids)).values(finished_at=now))
