"""The record of a notice as CSV: who was told and when, and who was not and why (RFC 4180)."""

import csv
import io
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from app.deliver.dead_letters import failure_words
from app.domain.deliveries import Outcome
from app.domain.delivery_board import standing_of
from app.domain.errors import UnavailableError
from app.store.progress import Told, told
from app.store.session import Database
from app.store.vault import Vault
from app.web.wording import WORDS

HEAD = ("delivery", "subscriber", "channel", "address", "result", "at", "why", "tries")

_PAGE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def record_lines(database: Database, vault: Vault, notice_id: int, zone: ZoneInfo) -> Iterator[str]:
    """The file, a thousand lines at a time, so that a large one needs no more memory than a small one."""
    yield _csv([HEAD])
    after = 0
    while True:
        with database.read() as session:
            page = told(session, notice_id, after=after, most=_PAGE)
        if not page:
            return
        yield _csv([_cells(line, vault, zone) for line in page])
        after = page[-1].delivery_id


def _cells(line: Told, vault: Vault, zone: ZoneInfo) -> Sequence[object]:
    return (
        line.delivery_id,
        line.subscription_id,
        WORDS[line.channel],
        plain_cell(_address(line, vault)),
        WORDS[standing_of(line.state, line.outcome)],
        line.updated_at.astimezone(zone).isoformat(timespec="seconds"),
        plain_cell(_why(line)),
        line.attempts,
    )


def _address(line: Told, vault: Vault) -> str:
    try:
        return vault.open(line.cipher) if line.cipher else "(erased)"
    except UnavailableError:
        return "(cannot be read with this installation's key)"


def _why(line: Told) -> str:
    if line.words or not line.reason:
        return line.words
    return failure_words(line.reason) if line.outcome is Outcome.FAILED else WORDS.get(line.reason, line.reason)  # type: ignore[call-overload]


def plain_cell(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula; a telephone number stays as it is."""
    is_number = text[:1] == "+" and text[1:].isdigit()
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def _csv(rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()
