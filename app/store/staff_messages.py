"""Messages to people of the staff that are owed: written with the act they tell of, sent by the worker."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment
from app.store.subscribers import BIG


class StaffMessageRow(SQLModel, table=True):
    """One message to one person, by mail and, where a number is known, by text. `sent_at` is set when taken in hand."""

    __tablename__ = "staff_message"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    account_id: str = Field(foreign_key="account.id")
    subject: str
    text: str
    created_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


def owed_staff_messages(session: Session, most: int) -> list[StaffMessageRow]:
    """Messages that nobody has taken in hand, oldest first; other workers skip these."""
    owed = select(StaffMessageRow).where(col(StaffMessageRow.sent_at).is_(None)).order_by(col(StaffMessageRow.id))
    return list(session.exec(owed.limit(most).with_for_update(skip_locked=True)))
