"""The generation that readers see, and the lease of the one publisher that may advance it."""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlmodel import Field, Session, SQLModel, col

from app.store.columns import Moment
from app.store.once import insert_once

THE_PUBLICATION = 1


class PublicationRow(SQLModel, table=True):
    """One row: what was published last, when the clock next changes the page, who publishes now."""

    __tablename__ = "publication"

    id: int = Field(default=THE_PUBLICATION, primary_key=True)
    generation: int = 0
    published_at: datetime | None = Field(default=None, sa_type=Moment)
    next_change_at: datetime | None = Field(default=None, sa_type=Moment)
    code_version: str = ""
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Moment)


def publication(session: Session) -> PublicationRow:
    """The row; made when it is first asked for, by whichever of two new workers comes first."""
    row = session.get(PublicationRow, THE_PUBLICATION)
    if row is None:
        insert_once(session, PublicationRow, id=THE_PUBLICATION, generation=0, code_version="")
        row = session.get_one(PublicationRow, THE_PUBLICATION)
    return row


def take_lease(session: Session, owner: str, now: datetime, lasts: timedelta) -> bool:
    """Become the one publisher until `now + lasts`; False while another still is."""
    publication(session)
    free = or_(
        col(PublicationRow.lease_until).is_(None),
        col(PublicationRow.lease_until) < now,
        col(PublicationRow.lease_owner) == owner,
    )
    taken = session.execute(
        update(PublicationRow)
        .where(col(PublicationRow.id) == THE_PUBLICATION, free)
        .values(lease_owner=owner, lease_until=now + lasts)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def release_lease(session: Session, owner: str) -> None:
    """Let another publish, if the lease is still ours."""
    session.execute(
        update(PublicationRow)
        .where(col(PublicationRow.lease_owner) == owner)
        .values(lease_owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
