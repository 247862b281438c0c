"""Sending what people of the staff are owed: by mail, and by text to those whose number is known.

Each is marked before it is sent, so that a crash can lose one and never repeats one; the audit log
holds what they tell of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.channels import Channel
from app.store.accounts import AccountRow
from app.store.posting_by_text import number_row
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow, owed_staff_messages
from app.store.vault import Vault

BATCH = 50


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """One message to one address of a person of the staff; `id` is the same for every try."""

    id: str
    channel: Channel
    address: str
    subject: str
    text: str


def send_owed_staff_messages(
    database: Database, vault: Vault, send: Callable[[StaffMessage], None], *, now: datetime
) -> int:
    """Send every message that is owed; the number handed to `send`."""
    handed = 0
    while batch := _claim(database, vault, now):
        for message in batch:
            send(message)
        handed += len(batch)
    return handed


def _claim(database: Database, vault: Vault, now: datetime) -> list[StaffMessage]:
    with database.transaction() as session:
        messages = []
        for row in owed_staff_messages(session, BATCH):
            row.sent_at = now
            account = session.get_one(AccountRow, row.account_id)
            number = number_row(session, account.id)
            messages += _of(row, account, vault.open(number.number_cipher) if number else "")
        return messages


def _of(row: StaffMessageRow, account: AccountRow, number: str) -> list[StaffMessage]:
    addresses = {Channel.EMAIL: account.email} | ({Channel.SMS: number} if number else {})
    return [
        StaffMessage(f"staff-{row.id}", channel, address, row.subject, row.text)
        for channel, address in addresses.items()
    ]
