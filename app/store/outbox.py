"""The outbox: what has happened and has still to be told. Written with the change it tells of."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, func, text, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.events import Event
from app.store.columns import Moment


class OutboxRow(SQLModel, table=True):
    """One event, in the order of commits as far as ids can say."""

    __tablename__ = "outbox"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    name: str
    payload: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)
    generation: int | None = Field(default=None, index=True)


class CounterRow(SQLModel, table=True):
    """A number that only grows: update numbers, incident numbers, generations."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int = 0


NO_GENERATION = 0
"""What an event carries that the page never shows: thousands of sign-ups publish nothing."""


def record(session: Session, event: Event, now: datetime) -> OutboxRow:
    """Put an event in the outbox, in the caller's transaction; its row, which the next flush gives an id."""
    generation = None if event.is_public else NO_GENERATION
    row = OutboxRow(name=event.name, payload=event.payload(), created_at=now, generation=generation)
    session.add(row)
    session.info["recorded" if event.is_public else "recorded_privately"] = True
    return row


def is_published(session: Session, event_id: int) -> bool:
    """Whether a generation carries the event."""
    generation = select(OutboxRow.generation).where(col(OutboxRow.id) == event_id)
    return session.exec(generation).first() is not None


def unpublished(session: Session) -> list[OutboxRow]:
    """Events that no generation carries yet, oldest first."""
    waiting = select(OutboxRow).where(col(OutboxRow.generation).is_(None))
    return list(session.exec(waiting.order_by(col(OutboxRow.id))))


def has_unpublished(session: Session) -> bool:
    """Whether the publisher owes anything."""
    waiting = select(OutboxRow.id).where(col(OutboxRow.generation).is_(None)).limit(1)
    return session.exec(waiting).first() is not None


def mark_published(session: Session, ids: list[int], generation: int) -> None:
    """Note which generation carries these events."""
    session.execute(update(OutboxRow).where(col(OutboxRow.id).in_(ids)).values(generation=generation))


def take_numbers(session: Session, name: str, count: int = 1) -> int:
    """Reserve `count` consecutive numbers and return the first; never given out twice."""
    statement = text(
        "INSERT INTO counter (name, value) VALUES (:name, :count) "
        "ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value RETURNING value"
    )
    last: int = session.execute(statement, {"name": name, "count": count}).scalar_one()
    return last - count + 1


def last_event_id(session: Session) -> int:
    """The highest outbox id, 0 when it is empty."""
    highest: int = session.execute(select(func.coalesce(func.max(OutboxRow.id), 0))).scalar_one()
    return highest
