"""Sending what people of the staff are owed: by mail, and by text to those whose number is known.

Each is marked before it is sent and once more when it has left. Where the second mark is missing,
whoever sent it died or was refused: the mail goes again, because a second one harms nobody; the
text does not, because a telephone that rings twice at night is worse than one mail more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.channels import Channel
from app.store.accounts import AccountRow
from app.store.posting_by_text import number_row
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow, finish_staff_messages, owed_staff_messages
from app.store.vault import Vault

BATCH = 50

AGAIN_AFTER = timedelta(minutes=1)
"""How long a message may be in somebody's hand before it is taken for lost."""

GIVEN_UP_AFTER = timedelta(hours=6)
"""How old a message gets before nobody tries to send it any more."""


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """One message to one address of a person of the staff; `id` is the same for every try."""

    id: str
    channel: Channel
    address: str
    subject: str
    text: str


Send = Callable[[StaffMessage], bool]
"""Hands one message over and says whether it is on its way."""


def send_owed_staff_messages(database: Database, vault: Vault, send: Send, *, now: datetime) -> int:
    """Send every message that is owed; the number handed to `send`."""
    handed = 0
    while claimed := _claim(database, vault, now):
        finished = [row_id for row_id, messages in claimed.items() if _hand_over(messages, send)]
        with database.transaction() as session:
            finish_staff_messages(session, finished, now)
        handed += sum(map(len, claimed.values()))
    return handed


def _hand_over(messages: list[StaffMessage], send: Send) -> bool:
    """Whether the mail is on its way; whatever became of the text."""
    is_sent = {message.channel: send(message) for message in messages}
    return is_sent[Channel.EMAIL]


def _claim(database: Database, vault: Vault, now: datetime) -> dict[int, list[StaffMessage]]:
    """What is sent now, by row; marked first, so that of two workers one sends it."""
    with database.transaction() as session:
        claimed = {}
        for row in owed_staff_messages(session, now - AGAIN_AFTER, BATCH):
            is_first, row.sent_at = row.sent_at is None, now
            if now - row.created_at > GIVEN_UP_AFTER:
                row.finished_at = now
                continue
            account = session.get_one(AccountRow, row.account_id)
            number = number_row(session, account.id) if is_first else None
            claimed[row.id or 0] = _of(row, account, vault.open(number.number_cipher) if number else "")
        return claimed


def _of(row: StaffMessageRow, account: AccountRow, number: str) -> list[StaffMessage]:
    addresses = {Channel.EMAIL: account.email} | ({Channel.SMS: number} if number else {})
    return [
        StaffMessage(f"staff-{row.id}", channel, address, row.subject, row.text)
        for channel, address in addresses.items()
    ]
