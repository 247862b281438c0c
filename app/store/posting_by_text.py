"""Rows for publishing by text: numbers of people on call, their printed codes, and what waits for a YES."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.channels import Channel
from app.store.columns import Moment, new_id
from app.store.vault import Vault


class PostingNumberRow(SQLModel, table=True):
    """The telephone of one person on call, sealed, and found by its index like a subscriber's."""

    __tablename__ = "posting_number"

    account_id: str = Field(primary_key=True, foreign_key="account.id", max_length=12)
    number_cipher: bytes = Field(sa_type=LargeBinary)
    number_index: str = Field(unique=True)
    created_at: datetime = Field(sa_type=Moment)


class PostingCodeRow(SQLModel, table=True):
    """One printed code for publishing by text; `used_for` says in words what it was used for."""

    __tablename__ = "posting_code"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    account_id: str = Field(foreign_key="account.id", index=True)
    position: int
    code_hash: str
    created_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)
    used_for: str = ""


class TextedDraftRow(SQLModel, table=True):
    """What was read back to somebody and waits for their YES; at most one for each person."""

    __tablename__ = "texted_draft"

    account_id: str = Field(primary_key=True, foreign_key="account.id", max_length=12)
    draft: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)


def number_row(session: Session, account_id: str) -> PostingNumberRow | None:
    """The number from which this person may publish."""
    return session.get(PostingNumberRow, account_id)


def numbered_account(session: Session, vault: Vault, number: str) -> str | None:
    """The id of the account whose number this is. `number` is normalised."""
    indexes = vault.indexes(Channel.SMS, number)
    wanted = select(PostingNumberRow.account_id).where(col(PostingNumberRow.number_index).in_(indexes))
    return session.exec(wanted).first()


def posting_codes_of(session: Session, account_id: str) -> list[PostingCodeRow]:
    """The codes printed last, used or not, in the order of the print."""
    wanted = select(PostingCodeRow).where(PostingCodeRow.account_id == account_id)
    return list(session.exec(wanted.order_by(col(PostingCodeRow.position))))


def take_posting_code(session: Session, code_id: str, used_for: str, now: datetime) -> bool:
    """Use up a code; False when it was used already, here or at the same moment elsewhere."""
    mine = (col(PostingCodeRow.id) == code_id, col(PostingCodeRow.used_at).is_(None))
    taken = session.execute(update(PostingCodeRow).where(*mine).values(used_at=now, used_for=used_for))
    return bool(getattr(taken, "rowcount", 0))


def replace_posting_codes(session: Session, account_id: str, hashes: Sequence[str], now: datetime) -> None:
    """Put these codes in place of all older ones of this person."""
    session.execute(delete(PostingCodeRow).where(col(PostingCodeRow.account_id) == account_id))
    session.add_all(
        PostingCodeRow(account_id=account_id, position=position, code_hash=made, created_at=now)
        for position, made in enumerate(hashes, start=1)
    )


def texted_draft(session: Session, account_id: str) -> TextedDraftRow | None:
    """What waits for this person's YES; nobody else can take it until the transaction ends."""
    return session.get(TextedDraftRow, account_id, with_for_update=True, populate_existing=True)
