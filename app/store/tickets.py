"""Rows of tickets, their record and their letters, and the queries that name them.

Name, address and words are sealed; the address is found through the same keyed index as a
subscription's. What is forgotten leaves an empty cipher.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import JSON, Index, LargeBinary
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.expression import Select

from app.domain.channels import Channel
from app.domain.reports import Source
from app.domain.tickets import Entry, EntryKind, Ticket, TicketState, TrialResult
from app.store.columns import Moment, new_id
from app.store.components import ComponentRow
from app.store.subscribers import BIG, SERVICE_MANAGER, SubscriptionRow
from app.store.vault import Vault


class TicketRow(SQLModel, table=True):
    """One ticket. `told_at` is when its reporter heard that the incident it belongs to is over."""

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_state_touched_at", "state", "touched_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    number: int = Field(unique=True)
    component_id: str = Field(foreign_key="component.id")
    state: str = TicketState.NEW
    source: str = Source.MEMBER
    channel: str | None = None
    address_cipher: bytes = Field(default=b"", sa_type=LargeBinary)
    address_index: str = Field(default="", max_length=64, index=True)
    name_cipher: bytes = Field(default=b"", sa_type=LargeBinary)
    words_cipher: bytes = Field(default=b"", sa_type=LargeBinary)
    language: str = "en"
    consent: str = ""
    is_muted: bool = False
    answers: dict[str, bool] = Field(default_factory=dict, sa_type=JSON)
    opened_at: datetime = Field(sa_type=Moment, index=True)
    touched_at: datetime = Field(sa_type=Moment)
    acknowledged_at: datetime | None = Field(default=None, sa_type=Moment)
    acknowledged_by: str | None = Field(default=None, foreign_key="account.id")
    solved_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True)
    told_at: datetime | None = Field(default=None, sa_type=Moment)
    forgotten_at: datetime | None = Field(default=None, sa_type=Moment)


class TicketEntryRow(SQLModel, table=True):
    """One line of a ticket's record; its words are sealed."""

    __tablename__ = "ticket_entry"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    at: datetime = Field(sa_type=Moment)
    kind: str
    words_cipher: bytes = Field(default=b"", sa_type=LargeBinary)
    result: str | None = None
    account_id: str | None = Field(default=None, foreign_key="account.id")


class TicketLetterRow(SQLModel, table=True):
    """One message that is owed for a ticket: to the member, or to the service manager as a copy (R23).

    `taken_at` is set each time it is taken in hand, `finished_at` once it was handed over or given
    up; `is_sent` says which.
    """

    __tablename__ = "ticket_letter"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    kind: str
    is_copy: bool = False
    entry_id: int | None = Field(default=None, sa_column=sa.Column(BIG, sa.ForeignKey("ticket_entry.id")))
    created_at: datetime = Field(sa_type=Moment)
    taken_at: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    is_sent: bool = False


def ticket_row(session: Session, ticket_id: str) -> TicketRow | None:
    """The row, kept from others until the transaction ends."""
    return session.exec(select(TicketRow).where(TicketRow.id == ticket_id).with_for_update()).first()


def the_ticket(session: Session, vault: Vault, ticket_id: str) -> Ticket | None:
    """One ticket."""
    found = session.exec(_pairs().where(TicketRow.id == ticket_id)).first()
    return frozen_ticket(*found, vault) if found else None


def tickets_in(
    session: Session, vault: Vault, states: Collection[TicketState], *, skip: int = 0, most: int = 50
) -> list[Ticket]:
    """Tickets in these states, the newest first."""
    wanted = _pairs().where(col(TicketRow.state).in_(states)).order_by(col(TicketRow.number).desc())
    return [frozen_ticket(row, slug, vault) for row, slug in session.exec(wanted.offset(skip).limit(most))]


def ticket_counts(session: Session) -> Mapping[TicketState, int]:
    """How many tickets are in each state."""
    counted = session.exec(select(TicketRow.state, sa.func.count()).group_by(col(TicketRow.state)))
    return {TicketState(state): number for state, number in counted}


def tickets_of_incident(session: Session, incident_id: str) -> list[TicketRow]:
    """The tickets that were joined to an incident, oldest first; locked."""
    wanted = select(TicketRow).where(TicketRow.incident_id == incident_id).order_by(col(TicketRow.number))
    return list(session.exec(wanted.with_for_update()))


def new_tickets_about(session: Session, slugs: Collection[str]) -> list[TicketRow]:
    """Tickets that nobody is on yet and that speak of these components, oldest first; locked."""
    wanted = (
        select(TicketRow)
        .join(ComponentRow, col(ComponentRow.id) == col(TicketRow.component_id))
        .where(TicketRow.state == TicketState.NEW, col(ComponentRow.slug).in_(slugs))
        .order_by(col(TicketRow.number))
    )
    return list(session.exec(wanted.with_for_update(of=TicketRow)))


def tickets_of_address(session: Session, indexes: Collection[str]) -> list[TicketRow]:
    """Every ticket of one address, by its keyed index under any key, oldest first; locked."""
    wanted = select(TicketRow).where(col(TicketRow.address_index).in_(set(indexes) - {""}))
    return list(session.exec(wanted.order_by(col(TicketRow.number)).with_for_update()))


def waits_since(session: Session, moment: datetime) -> list[timedelta]:
    """How long members waited until somebody was on it, of tickets opened since then (R10)."""
    wanted = select(TicketRow.opened_at, TicketRow.acknowledged_at).where(
        col(TicketRow.opened_at) >= moment, col(TicketRow.acknowledged_at).is_not(None)
    )
    return [taken - opened for opened, taken in session.exec(wanted) if taken]


def forgettable_tickets(session: Session, before: datetime) -> list[TicketRow]:
    """Solved before then, with something personal still in them; locked."""
    wanted = select(TicketRow).where(col(TicketRow.solved_at) < before, col(TicketRow.forgotten_at).is_(None))
    return list(session.exec(wanted.with_for_update()))


def entry_rows(session: Session, ticket_ids: Collection[str]) -> list[TicketEntryRow]:
    """The record of these tickets, oldest first."""
    wanted = select(TicketEntryRow).where(col(TicketEntryRow.ticket_id).in_(ticket_ids))
    return list(session.exec(wanted.order_by(col(TicketEntryRow.id))))


def entries_of(session: Session, vault: Vault, ticket_id: str) -> list[Entry]:
    """The record of one ticket, oldest first."""
    return [
        Entry(
            row.at,
            EntryKind(row.kind),
            opened(vault, row.words_cipher),
            TrialResult(row.result) if row.result else None,
            row.account_id,
        )
        for row in entry_rows(session, [ticket_id])
    ]


def letters_of(session: Session, ticket_id: str) -> list[TicketLetterRow]:
    """What the member was sent, without the copies, oldest first."""
    wanted = select(TicketLetterRow).where(
        TicketLetterRow.ticket_id == ticket_id, col(TicketLetterRow.is_copy).is_(False)
    )
    return list(session.exec(wanted.order_by(col(TicketLetterRow.id))))


def owed_letters(session: Session, taken_before: datetime, most: int) -> list[tuple[TicketLetterRow, TicketRow]]:
    """Letters that are not finished and that nobody has in hand, oldest first; other workers skip these."""
    row = TicketLetterRow
    is_free = col(row.taken_at).is_(None) | (col(row.taken_at) < taken_before)
    owed = (
        select(row, TicketRow)
        .join(TicketRow, col(TicketRow.id) == col(row.ticket_id))
        .where(col(row.finished_at).is_(None), is_free)
        .order_by(col(row.id))
        .limit(most)
    )
    return list(session.exec(owed.with_for_update(of=row, skip_locked=True)))


def service_manager_row(session: Session) -> SubscriptionRow | None:
    """Whoever is copied on everything; None where nobody was named."""
    return session.exec(select(SubscriptionRow).where(SubscriptionRow.source == SERVICE_MANAGER)).first()


def frozen_ticket(row: TicketRow, slug: str, vault: Vault) -> Ticket:
    """The ticket as a value, opened."""
    return Ticket(
        id=row.id,
        number=row.number,
        slug=slug,
        state=TicketState(row.state),
        source=Source(row.source),
        opened_at=row.opened_at,
        touched_at=row.touched_at,
        words=opened(vault, row.words_cipher),
        name=opened(vault, row.name_cipher),
        channel=Channel(row.channel) if row.channel else None,
        address=opened(vault, row.address_cipher),
        language=row.language,
        is_muted=row.is_muted,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        solved_at=row.solved_at,
        incident_id=row.incident_id,
        answers=row.answers,
        forgotten_at=row.forgotten_at,
    )


def opened(vault: Vault, cipher: bytes) -> str:
    """The text of a cipher, empty for what was forgotten or never given."""
    return vault.open(cipher) if cipher else ""


def _pairs() -> Select[TicketRow, str]:
    return select(TicketRow, ComponentRow.slug).join(ComponentRow, col(ComponentRow.id) == col(TicketRow.component_id))
