"""One row per sender: its rate, shared by every worker, and whether it is stopped.

The row holds the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371): the
moment at which the sender will have caught up with what was reserved. Reserving moves it forward
in the transaction that claims; a 429 pushes it. The database's clock alone counts, so that
machines need not agree on the time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, text
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment

PAUSE = 10.0
"""Seconds: whoever is held back for longer has been told to pause; shorter waits are the rate's own."""


class SenderRow(SQLModel, table=True):
    """One sender. `per_second` None: as fast as it goes. `free_at` is in seconds since 1970."""

    __tablename__ = "sender"

    name: str = Field(primary_key=True)
    per_second: float | None = None
    free_at: float = 0.0
    stopped_at: datetime | None = Field(default=None, sa_type=Moment)
    stopped_because: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender as it stands `now`, by the database's clock.

    `wait` is the seconds until it has caught up with what was reserved.
    """

    per_second: float | None
    wait: float
    is_stopped: bool
    now: datetime


_CLOCK = {
    "sqlite": "(SELECT unixepoch('subsec'))",
    "postgresql": "extract(epoch FROM clock_timestamp())::double precision",
}
_LOOK = {
    name: text(
        f"SELECT clock.now, per_second, free_at, stopped_at FROM (SELECT {clock} AS now) AS clock"  # noqa: S608 - ours
        " LEFT JOIN sender ON name = :name"
    )
    for name, clock in _CLOCK.items()
}
_LATER_OF = {"sqlite": "max", "postgresql": "greatest"}


def database_now(session: Session) -> datetime:
    """The database's own clock, which all workers share."""
    seconds: float = session.execute(text(f"SELECT {_CLOCK[_dialect(session)]}")).scalar_one()
    return datetime.fromtimestamp(seconds, UTC)


def set_sender(session: Session, name: str, per_second: float | None) -> None:
    """Make the sender, or give it another rate; what was reserved stays. Workers that start together all do it."""
    session.execute(
        text(
            "INSERT INTO sender (name, per_second, free_at, stopped_because) VALUES (:name, :per_second, 0, '')"
            " ON CONFLICT (name) DO UPDATE SET per_second = excluded.per_second"
        ),
        {"name": name, "per_second": per_second},
    )


def sender(session: Session, name: str) -> Sender:
    """How the sender stands, without reserving anything; one that nobody set up has no limit."""
    connection = session.connection()
    found = connection.execute(_LOOK[connection.dialect.name], {"name": name}).one()
    seconds, per_second, free_at, stopped_at = found
    now = datetime.fromtimestamp(seconds, UTC)
    return Sender(per_second, max(0.0, (free_at or 0.0) - seconds), stopped_at is not None, now)


def paused_until(row: SenderRow, now: datetime) -> datetime | None:
    """Until when a provider asked this sender to pause; None while it sends, however slowly."""
    turn = 1 / row.per_second if row.per_second else 0.0
    return datetime.fromtimestamp(row.free_at, UTC) if row.free_at - now.timestamp() > PAUSE + turn else None


def senders(session: Session) -> list[SenderRow]:
    """All senders by name: their rates, and which are stopped and why."""
    return list(session.exec(select(SenderRow).order_by(col(SenderRow.name))))


def reserve(session: Session, name: str, count: int) -> float:
    """Reserve `count` sends; the seconds to wait before the first. Locks the row until the commit."""
    dialect = _dialect(session)
    clock, later_of = _CLOCK[dialect], _LATER_OF[dialect]
    row = session.execute(
        text(
            f"UPDATE sender SET free_at = {later_of}(free_at, {clock}) + :count / per_second"  # noqa: S608 - ours
            f" WHERE name = :name AND per_second > 0 RETURNING free_at - :count / per_second - {clock}"
        ),
        {"name": name, "count": float(count)},
    ).one_or_none()
    return max(0.0, row[0]) if row else 0.0


def hold_back(session: Session, name: str, seconds: float) -> None:
    """Nobody sends for so long: the provider asked for it (429 and Retry-After)."""
    dialect = _dialect(session)
    session.execute(
        text(
            f"UPDATE sender SET free_at = {_LATER_OF[dialect]}(free_at, {_CLOCK[dialect]} + :seconds)"  # noqa: S608 - ours
            " WHERE name = :name"
        ),
        {"name": name, "seconds": seconds},
    )


def stop_sender(session: Session, name: str, because: str, now: datetime) -> None:
    """Send nothing more until somebody has mended it; says why. The first reason stays."""
    session.execute(
        text(
            "INSERT INTO sender (name, free_at, stopped_at, stopped_because) VALUES (:name, 0, :now, :because)"
            " ON CONFLICT (name) DO UPDATE SET"
            " stopped_at = excluded.stopped_at, stopped_because = excluded.stopped_because"
            " WHERE sender.stopped_at IS NULL"
        ).bindparams(bindparam("now", type_=Moment)),
        {"name": name, "now": now, "because": because},
    )


def resume_sender(session: Session, name: str) -> str:
    """Send again; why it was stopped, empty when it was not."""
    row = session.get(SenderRow, name, with_for_update=True)
    if row is None or row.stopped_at is None:
        return ""
    because, row.stopped_at, row.stopped_because = row.stopped_because, None, ""
    return because or "no reason given"


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
