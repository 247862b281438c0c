"""Which workers are alive: one row per process start, beaten every few seconds."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment


class HeartbeatRow(SQLModel, table=True):
    """A worker's sign of life."""

    __tablename__ = "heartbeat"

    executor_id: str = Field(primary_key=True)
    role: str
    started_at: datetime = Field(sa_type=Moment)
    beat_at: datetime = Field(sa_type=Moment)


def beat(session: Session, executor_id: str, role: str, now: datetime) -> None:
    """Say that this worker is alive."""
    row = session.get(HeartbeatRow, executor_id)
    if row is None:
        session.add(HeartbeatRow(executor_id=executor_id, role=role, started_at=now, beat_at=now))
    else:
        row.beat_at = now


def live_executors(session: Session, since: datetime) -> set[str]:
    """Workers that beat after `since`."""
    return set(session.exec(select(HeartbeatRow.executor_id).where(col(HeartbeatRow.beat_at) > since)))


def forget_silent(session: Session, before: datetime) -> None:
    """Drop the rows of workers silent since `before`."""
    session.execute(delete(HeartbeatRow).where(col(HeartbeatRow.beat_at) < before))
