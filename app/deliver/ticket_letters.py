"""Sending what members with a ticket are owed, and the service manager's copies (R10, R11, R23).

Each letter is marked before it is sent and once more when it has left. A mail whose second mark is
missing goes again; a text does not, because nobody should be texted twice for one sentence. Who has
ended texts with STOP, or whose address is dead, is not written to: the ticket says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.hooks import without_secret
from app.domain.subscribers import SubscriptionStatus
from app.domain.tickets import LetterKind
from app.store.components import ComponentRow
from app.store.consents import last_ending
from app.store.incidents import IncidentRow
from app.store.session import Database
from app.store.subscribers import key_of, subscription_by_address
from app.store.tickets import (
    TicketEntryRow,
    TicketLetterRow,
    TicketRow,
    opened,
    owed_letters,
    service_manager_row,
)
from app.store.vault import Vault

BATCH = 50
AGAIN_AFTER = timedelta(minutes=1)
GIVEN_UP_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class LetterToSend:
    """One letter to one address; `id` is the same for every try. `words` is what a reply says.

    `service` is the component's slug, `incident` the title of the incident it belongs to, and
    `incident_id` that incident's. Of a copy, `meant_for` is the channel that the member hears by.
    """

    id: str
    kind: LetterKind
    channel: Channel
    address: str
    language: str
    number: int
    service: str
    words: str = ""
    incident: str = ""
    incident_id: str = ""
    meant_for: Channel | None = None


Send = Callable[[LetterToSend], bool]
"""Hands one letter over and says whether it is on its way."""


def send_owed_letters(database: Database, vault: Vault, send: Send, *, now: datetime) -> int:
    """Send every letter that is owed; the number handed to `send`."""
    handed = 0
    while claimed := _claim(database, vault, now):
        for letter_id, letter in claimed:
            is_sent = send(letter)
            if is_sent or letter.channel is not Channel.EMAIL:
                _finish(database, letter_id, is_sent=is_sent, now=now)
        handed += len(claimed)
    return handed


def _finish(database: Database, letter_id: int, *, is_sent: bool, now: datetime) -> None:
    with database.transaction() as session:
        row = session.get_one(TicketLetterRow, letter_id)
        row.finished_at, row.is_sent = now, is_sent


def _claim(database: Database, vault: Vault, now: datetime) -> list[tuple[int, LetterToSend]]:
    """What is sent now; marked first, so that of two workers one sends it."""
    with database.transaction() as session:
        claimed = []
        for row, ticket in owed_letters(session, now - AGAIN_AFTER, BATCH):
            is_again, row.taken_at = row.taken_at is not None, now
            letter = _letter(session, vault, row, ticket)
            is_text_again = is_again and letter is not None and letter.channel is Channel.SMS
            if letter is None or is_text_again or now - row.created_at > GIVEN_UP_AFTER:
                row.finished_at = now
                continue
            claimed.append((row.id or 0, letter))
        return claimed


def _letter(session: Session, vault: Vault, row: TicketLetterRow, ticket: TicketRow) -> LetterToSend | None:
    """The letter with its address; None when there is nobody to write to any more."""
    found = _copied(session, vault) if row.is_copy else _member(session, vault, ticket)
    if found is None:
        return None
    channel, address = found
    component = session.get_one(ComponentRow, ticket.component_id)
    incident = session.get(IncidentRow, ticket.incident_id) if ticket.incident_id else None
    entry = session.get(TicketEntryRow, row.entry_id) if row.entry_id else None
    return LetterToSend(
        id=f"ticket-{row.id}",
        kind=LetterKind(row.kind),
        channel=channel,
        address=address,
        language="en" if row.is_copy else ticket.language,
        number=ticket.number,
        service=component.slug,
        words=opened(vault, entry.words_cipher) if entry else "",
        incident=incident.title if incident else "",
        incident_id=incident.id if incident else "",
        meant_for=Channel(ticket.channel) if row.is_copy and ticket.channel else None,
    )


def _copied(session: Session, vault: Vault) -> tuple[Channel, str] | None:
    row = service_manager_row(session)
    if row is None or not row.address_cipher:
        return None
    return Channel(row.channel), without_secret(vault.open(row.address_cipher))[0]


def _member(session: Session, vault: Vault, ticket: TicketRow) -> tuple[Channel, str] | None:
    if not ticket.address_cipher or not ticket.channel:
        return None
    channel, address = Channel(ticket.channel), vault.open(ticket.address_cipher)
    return None if _is_silenced(session, vault, channel, address) else (channel, address)


def _is_silenced(session: Session, vault: Vault, channel: Channel, address: str) -> bool:
    """Whether this address is dead, or said STOP: that ends every text of ours, not only the notices (R30)."""
    row = subscription_by_address(session, vault, channel, address)
    if row is None or row.status == SubscriptionStatus.ACTIVE:
        return False
    if row.status == SubscriptionStatus.BOUNCED:
        return True
    return last_ending(session, key_of(row)) in (Means.SMS_REPLY, Means.PROVIDER)
