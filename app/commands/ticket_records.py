"""What is kept of members in tickets: handed out, forgotten when asked or in time, brought under a new key."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.tickets import ADDRESS_KEPT
from app.store.tickets import (
    TicketEntryRow,
    TicketRow,
    entry_rows,
    forgettable_tickets,
    opened,
    ticket_row,
    tickets_of_address,
)
from app.store.vault import Vault


def exported_tickets(
    session: Session, vault: Vault, indexes: Collection[str], *, now: datetime
) -> list[dict[str, Any]]:
    """Everything that the tickets of one address hold, for whoever it belongs to; noted in the log."""
    rows = tickets_of_address(session, indexes)
    for row in rows:
        note(session, "ticket.exported", Subject("ticket", row.id), now=now)
    entries = entry_rows(session, [row.id for row in rows])
    return [_facts(vault, row, [entry for entry in entries if entry.ticket_id == row.id]) for row in rows]


def forget_tickets(session: Session, indexes: Collection[str], *, now: datetime, ticket_id: str = "") -> int:
    """Erase what the tickets of one address say of a person, and `ticket_id` though it has none; how many.

    The tickets stay and are counted.
    """
    rows = {row.id: row for row in tickets_of_address(session, indexes)}
    if ticket_id and ticket_id not in rows and (alone := ticket_row(session, ticket_id)):
        rows[alone.id] = alone
    _forget(session, rows.values(), now)
    return len(rows)


def forget_old_tickets(session: Session, *, now: datetime) -> int:
    """By the clock: forget the people of matters that are over for 30 days; how many tickets."""
    rows = forgettable_tickets(session, now - ADDRESS_KEPT)
    _forget(session, rows, now)
    return len(rows)


def rekey_tickets(session: Session, vault: Vault) -> int:
    """Bring every ticket and its record under the current key; how many rows.

    Raises:
        UnavailableError: one was sealed with a key that the vault was not given.
    """
    rows = session.exec(select(TicketRow)).all()
    for row in rows:
        for name in ("address_cipher", "name_cipher", "words_cipher"):
            setattr(row, name, _under_new_key(vault, getattr(row, name)))
        if row.address_cipher and row.channel:
            row.address_index = vault.index(Channel(row.channel), vault.open(row.address_cipher))
    entries = session.exec(select(TicketEntryRow)).all()
    for entry in entries:
        entry.words_cipher = _under_new_key(vault, entry.words_cipher)
    return len(rows) + len(entries)


def _under_new_key(vault: Vault, cipher: bytes) -> bytes:
    return vault.re_encrypted(cipher) if cipher else b""


def _forget(session: Session, rows: Collection[TicketRow], now: datetime) -> None:
    for entry in entry_rows(session, [row.id for row in rows]):
        entry.words_cipher = b""
    for row in rows:
        row.address_cipher = row.name_cipher = row.words_cipher = b""
        row.address_index, row.forgotten_at = "", now
        note(session, "ticket.forgotten", Subject("ticket", row.id), now=now)


def _facts(vault: Vault, row: TicketRow, entries: Collection[TicketEntryRow]) -> dict[str, Any]:
    return {
        "ticket": f"T-{row.number}",
        "state": row.state,
        "opened_at": row.opened_at.isoformat(),
        "solved_at": row.solved_at.isoformat() if row.solved_at else "",
        "name": opened(vault, row.name_cipher),
        "channel": row.channel or "",
        "address": opened(vault, row.address_cipher),
        "words": opened(vault, row.words_cipher),
        "consent": row.consent,
        "record": [
            {"at": entry.at.isoformat(), "kind": entry.kind, "words": opened(vault, entry.words_cipher)}
            for entry in entries
        ],
    }
