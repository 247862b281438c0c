"""To whom a finished report goes, and who has read it (R62)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import RefusedError

READERS_MOST = 100
NAME_MOST = 80
_ADDRESS_MOST = 254


@dataclass(frozen=True, slots=True)
class Reader:
    """One person on the list. `account_id` is None for somebody outside, who is mailed a link of their own.

    `address` is masked: enough to recognise.
    """

    id: str
    name: str
    account_id: str | None
    address: str
    sent_at: datetime | None
    read_at: datetime | None


def outside_readers(text: str) -> list[tuple[str, str]]:
    """Names and addresses as they were typed, one on each line: "Quill Forms <support@quill.example>".

    Raises:
        RefusedError: a line holds no address.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > READERS_MOST:
        raise RefusedError({"outside": f"At most {READERS_MOST} people outside."})
    return [_reader(line) for line in lines]


def _reader(line: str) -> tuple[str, str]:
    name, found, rest = line.rpartition("<")
    address = (rest.rstrip("> ") if found else line).strip().lower()
    host = address.partition("@")[2]
    if "." not in host or any(sign.isspace() or sign in ',;"' for sign in address) or len(address) > _ADDRESS_MOST:
        raise RefusedError({"outside": f"“{line[:60]}” holds no email address. Write one person on each line."})
    return (name.strip(' "') or address)[:NAME_MOST], address


def unread(readers: Iterable[Reader]) -> list[Reader]:
    """Who was sent it and has not said that they read it."""
    return [reader for reader in readers if reader.sent_at and not reader.read_at]
