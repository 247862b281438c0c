"""Calls that are owed because a surprising message went out before the people it concerns had seen it (R24)."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.store.accounts import AccountRow
from app.store.columns import Moment


class OwedCallRow(SQLModel, table=True):
    """One person to be called about one message; `called_at` is set when somebody ticked it."""

    __tablename__ = "owed_call"

    approval_id: str = Field(foreign_key="approval.id", primary_key=True, max_length=12)
    account_id: str = Field(foreign_key="account.id", primary_key=True)
    owed_at: datetime = Field(sa_type=Moment)
    called_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    called_by: str | None = Field(default=None, foreign_key="account.id")


def calls_of(session: Session, approval_id: str) -> list[tuple[OwedCallRow, str]]:
    """The calls owed for a message, made or not, each with the name of whom to call."""
    wanted = (
        select(OwedCallRow, AccountRow.name)
        .join(AccountRow, col(AccountRow.id) == col(OwedCallRow.account_id))
        .where(OwedCallRow.approval_id == approval_id)
    )
    return [(row, name) for row, name in session.exec(wanted.order_by(col(AccountRow.name)))]


def owed_call(session: Session, approval_id: str, account_id: str) -> OwedCallRow | None:
    """One call, made or not."""
    return session.get(OwedCallRow, (approval_id, account_id))


def owe_calls(session: Session, approval_id: str, account_ids: Iterable[str], now: datetime) -> None:
    """Open the call list of a message."""
    session.add_all(OwedCallRow(approval_id=approval_id, account_id=each, owed_at=now) for each in account_ids)
