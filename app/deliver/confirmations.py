"""Sending what a sign-up waits for: the code by text, the link by mail and in chats, the challenge to a program.

The rows are the work. Each is marked before it is sent, so that a crash can lose one (the person
asks again) and never repeats one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.channels import Channel
from app.domain.hooks import without_secret
from app.store.session import Database
from app.store.signed_links import Links, confirmation_code, confirmation_token
from app.store.subscribers import ConfirmationRow, SubscriptionRow, key_of, owed_confirmations

BATCH = 50


@dataclass(frozen=True, slots=True)
class ConfirmationToSend:
    """What to say to an address that has to be proved: `code` by text, `link` by mail and in chats.

    A program gives `token` back, or its owner opens `link`; the message is signed with `secret`. By
    `manage` and `stop` it is changed and ended later.
    """

    subscription_id: int
    channel: Channel
    address: str
    language: str
    code: str
    link: str
    asked_at: datetime
    token: str = ""
    secret: str = ""
    manage: str = ""
    stop: str = ""


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
        owed = owed_confirmations(session, now, BATCH)
        for confirmation, _ in owed:
            confirmation.sent_at = now
        return [_to_send(links, confirmation, row) for confirmation, row in owed]


def _to_send(links: Links, confirmation: ConfirmationRow, row: SubscriptionRow) -> ConfirmationToSend:
    vault, language = links.vault, str(confirmation.choices["language"])
    secret = confirmation.choices.get("secret")
    return ConfirmationToSend(
        subscription_id=key_of(row),
        channel=Channel(row.channel),
        address=without_secret(vault.open(row.address_cipher))[0],
        language=language,
        code=confirmation_code(vault, confirmation),
        link=links.confirmation(confirmation, language),
        asked_at=confirmation.created_at,
        token=confirmation_token(vault, confirmation),
        secret=vault.open(secret.encode()) if secret else "",
        manage=links.manage(key_of(row), language),
        stop=links.stop(key_of(row), language),
    )
