"""What came from a backup: the marks that keep it from being said again, and the hold until a person ends it.

The marks are plain SQL, because on PostgreSQL they are part of the very script that brings the rows
back: there is no moment at which the rows are there and unmarked.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import func, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment
from app.store.subscribers import BIG

AHEAD = 1_000_000
"""How far generations and deliveries go on ahead of the backup: what the lost machine used after it stays its own."""


class RestorationRow(SQLModel, table=True):
    """One restore: the rows of `taken_at` came back at `restored_at`. New deliveries begin after `first_delivery_id`.

    While `released_at` is empty, nothing is said to members but what a person says.
    """

    __tablename__ = "restoration"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    taken_at: datetime = Field(sa_type=Moment)
    restored_at: datetime = Field(sa_type=Moment)
    first_delivery_id: int = Field(sa_type=BIG)
    released_at: datetime | None = Field(default=None, sa_type=Moment)


def standing_hold(session: Session) -> RestorationRow | None:
    """The newest restore that nobody has released yet; None while nothing is held."""
    held = select(RestorationRow).where(col(RestorationRow.released_at).is_(None))
    return session.exec(held.order_by(col(RestorationRow.id).desc()).limit(1)).first()


def is_held(session: Session) -> bool:
    """Whether only a person may cause a message now."""
    held = select(RestorationRow.id).where(col(RestorationRow.released_at).is_(None)).limit(1)
    return session.exec(held).first() is not None


def end_holds(session: Session, now: datetime) -> None:
    """Let the clock speak again, whichever restores were waiting for that."""
    standing = update(RestorationRow).where(col(RestorationRow.released_at).is_(None))
    session.execute(standing.values(released_at=now))


def least_delivery_id(session: Session) -> int:
    """The number that every new delivery's id is above; 0 where nothing was ever restored."""
    most = select(func.coalesce(func.max(RestorationRow.first_delivery_id), 0))
    found: int = session.exec(most).one()
    return found


def marks(dialect: str, *, taken_at: datetime, restored_at: datetime) -> Iterator[str]:
    """The statements that belong to a restore, to be run in its own transaction, in this order.

    No notice that came back is ever sent. What was on its way is asked about; what a sign-up, an
    invitation or a message to the staff waited for counts as sent, because the lost machine may have
    done so. Everybody signs in anew: a sign-in that was ended since must not come back to life.
    """
    at, taken = _literal(dialect, restored_at), _literal(dialect, taken_at)
    yield f"UPDATE notice SET restored_at = {at} WHERE restored_at IS NULL"  # noqa: S608 - ours
    yield f"UPDATE delivery SET state = 'unknown', owner = NULL, due_at = {at} WHERE state <> 'ended'"  # noqa: S608
    yield f"UPDATE batch SET due_at = {at} WHERE due_at IS NOT NULL"  # noqa: S608
    yield f"UPDATE confirmation SET sent_at = {at} WHERE sent_at IS NULL"  # noqa: S608
    yield f"UPDATE invitation SET mailed_at = {at} WHERE mailed_at IS NULL"  # noqa: S608
    yield f"UPDATE report_reader SET mailed_at = {at} WHERE mailed_at IS NULL"  # noqa: S608
    yield f"UPDATE ticket_letter SET finished_at = {at} WHERE finished_at IS NULL"  # noqa: S608
    yield f"UPDATE staff_message SET finished_at = {at} WHERE finished_at IS NULL"  # noqa: S608
    yield "DELETE FROM sign_in"
    yield f"UPDATE publication SET generation = generation + {AHEAD}, lease_owner = NULL, lease_until = NULL"  # noqa: S608
    yield (
        "INSERT INTO restoration (taken_at, restored_at, first_delivery_id)"  # noqa: S608
        f" SELECT {taken}, {at}, coalesce(max(id), 0) + {AHEAD} FROM delivery"
    )
    if dialect == "postgresql":
        yield (
            "SELECT setval(pg_get_serial_sequence('delivery', 'id'), (SELECT max(first_delivery_id) FROM restoration))"
        )


def _literal(dialect: str, moment: datetime) -> str:
    """As `Moment` keeps it: text without a zone in SQLite."""
    return f"'{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}{'+00' if dialect == 'postgresql' else ''}'"
