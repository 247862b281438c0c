"""Rows of notices: what was to be said, once, and how far it is. Written with the update they tell of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, bindparam, update
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.errors import NotFoundError
from app.domain.notices import NoticeStanding, Priority
from app.store.columns import Moment
from app.store.subscribers import BIG


class NoticeRow(SQLModel, table=True):
    """One notice. `content` holds the fields that every channel's message is made from.

    `audience` lists the slugs of the components whose subscribers it concerns. Exactly one of
    `incident_id` and `maintenance_id` is set. `fanned_out_at` is set with its delivery rows,
    `restored_at` when it came from a backup: then it is never sent.
    """

    __tablename__ = "notice"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    event_id: int = Field(sa_type=BIG, unique=True)
    update_id: str = Field(unique=True)
    incident_id: str | None = Field(default=None, index=True)
    maintenance_id: str | None = Field(default=None, index=True)
    programme: str
    priority: str
    content: dict[str, Any] = Field(sa_type=JSON)
    audience: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)
    held_until: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    fanned_out_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    recalled_at: datetime | None = Field(default=None, sa_type=Moment)
    superseded_at: datetime | None = Field(default=None, sa_type=Moment)
    is_drill: bool = False
    restored_at: datetime | None = Field(default=None, sa_type=Moment)

    @property
    def standing(self) -> NoticeStanding:
        """What decides whether it may still leave."""
        return NoticeStanding(
            is_urgent=self.priority == Priority.URGENT,
            expires_at=self.expires_at,
            recalled_at=self.recalled_at,
            superseded_at=self.superseded_at,
            is_restored=self.restored_at is not None,
        )


_STANDING = (
    sa_select(
        col(NoticeRow.priority),
        col(NoticeRow.expires_at),
        col(NoticeRow.recalled_at),
        col(NoticeRow.superseded_at),
        col(NoticeRow.restored_at),
    )
    .where(col(NoticeRow.id) == bindparam("id"))
    .with_for_update(read=True)
)
# Asked with every chunk: built once.


def notice_row(session: Session, notice_id: int, *, lock: bool = False) -> NoticeRow | None:
    """The notice by id. `lock` keeps others from changing it until the transaction ends."""
    return session.get(NoticeRow, notice_id, with_for_update=lock or None, populate_existing=lock)


def the_notice(session: Session, notice_id: int) -> NoticeRow:
    """The notice by id.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(NoticeRow, notice_id)
    if row is None:
        raise NotFoundError(f"There is no notice {notice_id}.")
    return row


def kept_standing(session: Session, notice_id: int) -> NoticeStanding:
    """How the notice stands, which nobody can change until the transaction ends: not recalled, nor superseded."""
    given = session.connection().execute(_STANDING, {"id": notice_id}).one()
    priority, expires_at, recalled_at, superseded_at, restored_at = given
    return NoticeStanding(priority == Priority.URGENT, expires_at, recalled_at, superseded_at, restored_at is not None)


def notices_about(session: Session, subject_id: str) -> list[NoticeRow]:
    """The notices of one incident or planned work, oldest first."""
    about = (col(NoticeRow.incident_id) == subject_id) | (col(NoticeRow.maintenance_id) == subject_id)
    return list(session.exec(select(NoticeRow).where(about).order_by(col(NoticeRow.id))))


def newest_notices(session: Session, most: int = 50, *, before: int | None = None) -> list[NoticeRow]:
    """The newest notices, newest first: those with an id below `before`."""
    wanted = select(NoticeRow).order_by(col(NoticeRow.id).desc()).limit(most)
    return list(session.exec(wanted if before is None else wanted.where(col(NoticeRow.id) < before)))


def notices_owed(session: Session, now: datetime) -> list[int]:
    """Notices whose undo has run out, taken back or not, and which have no delivery rows yet."""
    owed = select(NoticeRow.id).where(
        col(NoticeRow.fanned_out_at).is_(None),
        col(NoticeRow.held_until) <= now,
    )
    return [found for found in session.exec(owed) if found is not None]


def older_notices(session: Session, notice: NoticeRow) -> Sequence[int]:
    """The notices on the same incident or work that came before this one."""
    subject = (
        col(NoticeRow.incident_id) == notice.incident_id
        if notice.incident_id
        else col(NoticeRow.maintenance_id) == notice.maintenance_id
    )
    older = select(NoticeRow.id).where(subject, col(NoticeRow.id) < notice.id)
    return [found for found in session.exec(older) if found is not None]


def supersede(session: Session, notice_ids: Sequence[int], now: datetime) -> None:
    """What has not left of these notices never will: a newer one takes their place."""
    session.execute(
        update(NoticeRow)
        .where(col(NoticeRow.id).in_(notice_ids), col(NoticeRow.superseded_at).is_(None))
        .values(superseded_at=now)
        .execution_options(synchronize_session=False)
    )
