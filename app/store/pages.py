"""Rows of pages: calls, texts and mails to people on duty, and what became of each (R15)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, Session, SQLModel, col, or_, select

from app.domain.escalation import By, KeyAnswer
from app.domain.pages import Page, PageState
from app.store.columns import Moment, new_id
from app.store.escalation import CallOutRow
from app.store.roster import PersonRow, RosterRoleRow


class PageRow(SQLModel, table=True):
    """One page by one way. Whom it goes to is a person of the roster, or a name and a sealed address.

    `taken_at` is set each time it is taken in hand, before anything leaves. `asks` says that an
    answer is wanted. `role` is the key it was paged for.
    """

    __tablename__ = "page"
    __table_args__ = (Index("ix_page_state_taken_at", "state", "taken_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    call_out_id: str = Field(foreign_key="call_out.id", index=True, max_length=12)
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True, max_length=12)
    name: str = ""
    address_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    role: str
    by: str
    asks: bool
    subject: str
    text: str
    state: str
    paged_at: datetime = Field(sa_type=Moment)
    taken_at: datetime | None = Field(default=None, sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    provider_id: str | None = None
    words: str = ""
    answer: str | None = None
    answered_at: datetime | None = Field(default=None, sa_type=Moment)


def owed_pages(session: Session, taken_before: datetime, most: int) -> list[PageRow]:
    """Pages that nobody has in hand, oldest first; other workers skip these.

    Whoever took one before `taken_before` and did not finish it has died, or does not know whether
    it left: the provider is asked before it goes again.
    """
    free = or_(col(PageRow.taken_at).is_(None), col(PageRow.taken_at) < taken_before)
    owed = select(PageRow).where(PageRow.state == PageState.OWED, free).order_by(col(PageRow.paged_at), col(PageRow.id))
    return list(session.exec(owed.limit(most).with_for_update(skip_locked=True)))


def pages_of(session: Session, call_out_ids: Collection[str]) -> list[Page]:
    """The log of these call-outs, oldest first."""
    wanted = (
        select(PageRow, PersonRow.name, RosterRoleRow.name)
        .outerjoin(PersonRow, col(PersonRow.id) == col(PageRow.person_id))
        .outerjoin(RosterRoleRow, col(RosterRoleRow.key) == col(PageRow.role))
        .where(col(PageRow.call_out_id).in_(call_out_ids))
        .order_by(col(PageRow.paged_at), col(PageRow.id))
    )
    return [_frozen(row, person or row.name, role or "") for row, person, role in session.exec(wanted)]


def _frozen(row: PageRow, to: str, role: str) -> Page:
    return Page(
        id=row.id,
        call_out_id=row.call_out_id,
        to=to,
        role=role,
        by=By(row.by),
        state=PageState(row.state),
        paged_at=row.paged_at,
        sent_at=row.sent_at,
        words=row.words,
        answer=KeyAnswer(row.answer) if row.answer else None,
        answered_at=row.answered_at,
    )


def page_row(session: Session, page_id: str) -> PageRow | None:
    """The row, kept from others until the transaction ends."""
    return session.exec(select(PageRow).where(PageRow.id == page_id).with_for_update()).first()


def newest_page_to(session: Session, person_ids: Collection[str], since: datetime) -> PageRow | None:
    """The newest page that asked one of these people and whose trouble is not over; locked."""
    wanted = (
        select(PageRow)
        .join(CallOutRow, col(CallOutRow.id) == col(PageRow.call_out_id))
        .where(
            col(PageRow.person_id).in_(person_ids),
            col(PageRow.asks),
            PageRow.paged_at > since,
            col(CallOutRow.ended_at).is_(None),
        )
        .order_by(col(PageRow.paged_at).desc(), col(PageRow.id))
    )
    return session.exec(wanted.limit(1).with_for_update()).first()


def paged_people(session: Session, call_out_id: str) -> set[str]:
    """Everybody who was asked in this call-out, since it last began."""
    return {person_id for person_id, _ in session.exec(_asked(call_out_id)) if person_id}


def reached_people(session: Session, call_out_id: str) -> dict[str, str]:
    """Everybody whose telephone rang or whose mail left since it last began, and their role then, by person."""
    reached = _asked(call_out_id).where(PageRow.state == PageState.SENT)
    return {person_id: role for person_id, role in session.exec(reached) if person_id}


def _asked(call_out_id: str) -> Any:
    """Person and role of every page of it that wanted an answer. One from before it came back counts no more."""
    return (
        select(PageRow.person_id, PageRow.role)
        .join(CallOutRow, col(CallOutRow.id) == col(PageRow.call_out_id))
        .where(PageRow.call_out_id == call_out_id, col(PageRow.asks), col(PageRow.paged_at) >= col(CallOutRow.began_at))
    )
