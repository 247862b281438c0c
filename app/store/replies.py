"""Text messages that members sent us, those a person has still to read, and what a hook has seen before."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import LargeBinary, delete, func
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.stop_words import Meaning
from app.store.columns import Moment
from app.store.subscribers import BIG


class ReplyRow(SQLModel, table=True):
    """One text message received. `id` is the provider's; sender and words are sealed.

    `answered_at` is when somebody of the staff dealt with it; only `UNCLEAR` ones wait for that.
    """

    __tablename__ = "reply"

    id: str = Field(primary_key=True, max_length=64)
    subscription_id: int | None = Field(
        default=None, sa_column=sa.Column(BIG, sa.ForeignKey("subscription.id"), nullable=True, index=True)
    )
    sender_cipher: bytes = Field(sa_type=LargeBinary)
    text_cipher: bytes = Field(sa_type=LargeBinary)
    meaning: str
    received_at: datetime = Field(sa_type=Moment, index=True)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    answered_by: str | None = Field(default=None, foreign_key="account.id")


class SeenRow(SQLModel, table=True):
    """Something that may count only once: a provider's callback, a solved challenge."""

    __tablename__ = "seen"

    key: str = Field(primary_key=True, max_length=160)
    at: datetime = Field(sa_type=Moment, index=True)


def is_first(session: Session, key: str, now: datetime) -> bool:
    """Note that this was seen; False when it was before. Decided by the database, so that two at once agree."""
    insert = sa.text("INSERT INTO seen (key, at) VALUES (:key, :at) ON CONFLICT DO NOTHING").bindparams(
        sa.bindparam("key", key), sa.bindparam("at", now, Moment())
    )
    result = session.connection().execute(insert)
    return bool(result.rowcount)


def forget_seen(session: Session, before: datetime) -> None:
    """Drop what was seen so long ago that no provider repeats it."""
    session.execute(delete(SeenRow).where(col(SeenRow.at) <= before))


def waiting_replies(session: Session, most: int = 200) -> list[ReplyRow]:
    """Replies that a person has still to read, oldest first."""
    waiting = select(ReplyRow).where(ReplyRow.meaning == Meaning.UNCLEAR, col(ReplyRow.answered_at).is_(None))
    return list(session.exec(waiting.order_by(col(ReplyRow.received_at)).limit(most)))


def waiting_reply_count(session: Session) -> int:
    """How many replies wait for a person."""
    waiting = select(func.count()).select_from(ReplyRow)
    return session.exec(waiting.where(ReplyRow.meaning == Meaning.UNCLEAR, col(ReplyRow.answered_at).is_(None))).one()


def forget_read_replies(session: Session, before: datetime) -> int:
    """Drop what members texted us before then, but not what a person has still to read; how many."""
    is_read = sa.or_(col(ReplyRow.meaning) != Meaning.UNCLEAR, col(ReplyRow.answered_at).is_not(None))
    old = delete(ReplyRow).where(col(ReplyRow.received_at) <= before, is_read)
    return session.execute(old).rowcount  # type: ignore[attr-defined, no-any-return]


def replies_of(session: Session, subscription_id: int) -> list[ReplyRow]:
    """Everything one subscriber texted us, oldest first."""
    sent = select(ReplyRow).where(ReplyRow.subscription_id == subscription_id)
    return list(session.exec(sent.order_by(col(ReplyRow.received_at))))


def forget_replies(session: Session, subscription_ids: Collection[int]) -> None:
    """Drop what these subscribers texted us."""
    session.execute(delete(ReplyRow).where(col(ReplyRow.subscription_id).in_(subscription_ids)))
