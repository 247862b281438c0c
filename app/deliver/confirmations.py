"""Sending what a sign-up waits for: the code by text, the link by mail.

The rows are the work. Each is marked before it is sent, so that a crash can lose one (the person
asks again) and never repeats one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.channels import Channel
from app.store.session import Database
from app.store.signed_links import Links, confirmation_code
from app.store.subscribers import key_of, owed_confirmations

BATCH = 50


@dataclass(frozen=True, slots=True)
class ConfirmationToSend:
    """What to say to an address that has to be proved: `code` by text, `link` by mail."""

    subscription_id: int
    channel: Channel
    address: str
    language: str
    code: str
    link: str
    asked_at: datetime


Send = Callable[[ConfirmationToSend], None]


def send_owed_confirmations(database: Database, links: Links, send: Send, *, now: datetime) -> int:
    """Send every confirmation that is owed; the number handed to `send`."""
    handed = 0
    while batch := _claim(database, links, now):
        for confirmation in batch:
            send(confirmation)
        handed += len(batch)
    return handed


def _claim(database: Database, links: Links, now: datetime) -> list[ConfirmationToSend]:
    with database.transaction() as session:
        claimed = []
        for confirmation, row in owed_confirmations(session, now, BATCH):
            confirmation.sent_at = now
            language = str(confirmation.choices["language"])
            claimed.append(
                ConfirmationToSend(
                    subscription_id=key_of(row),
                    channel=Channel(row.channel),
                    address=links.vault.open(row.address_cipher),
                    language=language,
                    code=confirmation_code(links.vault, confirmation),
                    link=links.confirmation(confirmation, language),
                    asked_at=confirmation.created_at,
                )
            )
        return claimed
