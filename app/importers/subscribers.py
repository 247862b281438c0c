"""Member lists as CSV: taken in row by row with proof of consent, and handed out again.

Columns of an import: `channel` (sms or email), `address`, `consent_on` (a date), `consent_proof`
(how and where the person agreed), and if wanted `programmes`, `components` (slugs), `language`,
`quiet_from`, `quiet_until`, `override_quiet`. Several values in one field stand apart by spaces.
"""

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlmodel import Session

from app.commands.addresses import normal_address, subscription_of_text
from app.commands.subscriber_records import (
    ImportedSubscriber,
    Taken,
    change_keys,
    erase,
    export_list,
    export_person,
    import_subscriber,
    note_of_list,
)
from app.commands.subscribers import hear_drills
from app.domain.audit import SYSTEM, Actor
from app.domain.channels import Channel, Programme
from app.domain.errors import NotFoundError, RefusedError
from app.domain.subscribers import Choices, QuietHours
from app.importers.reading import read_text
from app.importers.records import Skipped
from app.publish.language import LANGUAGES
from app.store.components import live_components
from app.store.session import Database
from app.store.subscribers import SubscriptionRow
from app.store.vault import Vault

REQUIRED = ("channel", "address", "consent_on", "consent_proof")
COLUMNS = (*REQUIRED, "programmes", "components", "language", "quiet_from", "quiet_until", "override_quiet")
BATCH = 200
"""Members in one transaction: short enough that posting an update never waits for a list."""

_FORMULA = ("=", "+", "-", "@", "\t")
Row = Mapping[str, str]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ListSummary:
    """What an import of members did; `skipped` names lines, never addresses."""

    created: int
    unchanged: int
    skipped: tuple[Skipped, ...]


def import_list(
    database: Database,
    vault: Vault,
    path: Path,
    *,
    by: Actor = SYSTEM,
    now: datetime,
    on_progress: Progress = lambda _done: None,
) -> ListSummary:
    """Take in a member list; safe to repeat, never sends anything. Rows that cannot be taken are skipped and named.

    Raises:
        RefusedError: it is no such file, or a column is missing; nothing was kept.
    """
    rows = _rows(path)
    with database.read() as session:
        slugs = frozenset(item.slug for item in live_components(session))
    taken: list[Taken] = []
    skipped: list[Skipped] = []
    try:
        while batch := list(islice(rows, BATCH)):
            with database.transaction(by) as session:
                for line, row in batch:
                    try:
                        taken.append(import_subscriber(session, vault, _member(row, slugs), now=now))
                    except RefusedError as error:
                        skipped.append(Skipped(f"line {line}", str(error)))
            on_progress(len(taken) + len(skipped))
    finally:
        # Also when a line in the middle is no CSV: what stands before it is in.
        summary = ListSummary(taken.count(Taken.CREATED), taken.count(Taken.UNCHANGED), tuple(skipped))
        _note_import(database, summary, by, now)
    return summary


def _note_import(database: Database, summary: ListSummary, by: Actor, now: datetime) -> None:
    counts = {"created": summary.created, "unchanged": summary.unchanged, "skipped": len(summary.skipped)}
    with database.transaction(by) as session:
        note_of_list(session, "subscribers.imported", now=now, **counts)


def export_to(database: Database, vault: Vault, file: IO[str], *, by: Actor = SYSTEM, now: datetime) -> int:
    """Write every subscription as CSV; the number written. Noted in the audit log before the first address."""
    with database.transaction(by) as session:
        note_of_list(session, "subscribers.exported", now=now)
    written = 0
    with database.read() as session:
        writer: csv.DictWriter[str] | None = None
        for record in export_list(session, vault):
            if writer is None:
                writer = csv.DictWriter(file, list(record))
                writer.writeheader()
            writer.writerow(record | {"address": _inert(record)})
            written += 1
    return written


def export_file(database: Database, vault: Vault, path: Path, *, by: Actor = SYSTEM, now: datetime) -> int:
    """Write the same into a new file that only its owner may read; the number written.

    Raises:
        RefusedError: it is there already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RefusedError(f"“{path}” cannot be written: {error.strerror}.") from None
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        return export_to(database, vault, file, by=by, now=now)


def export_one(database: Database, vault: Vault, text: str, *, by: Actor = SYSTEM, now: datetime) -> dict[str, Any]:
    """All that is kept about one number, mailbox, webhook or chat; noted in its consent log.

    Raises:
        NotFoundError: nobody is subscribed with it.
        RefusedError: it is no address.
    """
    with database.transaction(by) as session:
        return export_person(session, vault, _row_at(session, vault, text), now=now)


def erase_one(database: Database, vault: Vault, text: str, *, by: Actor = SYSTEM, now: datetime) -> None:
    """Forget one number, mailbox, webhook or chat for good.

    Raises:
        NotFoundError: nobody is subscribed with it.
        RefusedError: it is no address, or the service manager's.
    """
    with database.transaction(by) as session:
        erase(session, _row_at(session, vault, text), now=now)


def _row_at(session: Session, vault: Vault, text: str) -> SubscriptionRow:
    found = subscription_of_text(session, vault, text)
    if found is None:
        raise NotFoundError("Nobody is subscribed with exactly this address.")
    return found


def mark_test(database: Database, vault: Vault, text: str, is_test: bool, *, by: Actor = SYSTEM, now: datetime) -> None:
    """Let whoever is subscribed with this address hear of drills, or no longer.

    Raises:
        NotFoundError: nobody is subscribed with it.
        RefusedError: it is no address.
    """
    with database.transaction(by) as session:
        hear_drills(session, _row_at(session, vault, text), is_test, now=now)


def rekey(database: Database, vault: Vault, *, by: Actor = SYSTEM, now: datetime) -> int:
    """Bring every address under the vault's current key; safe to stop and repeat. The number of rows looked at.

    Raises:
        UnavailableError: a row was sealed with a key that the vault was not given.
    """
    after, number = 0, 0
    while True:
        with database.transaction(by) as session:
            after, done = change_keys(session, vault, after=after, most=BATCH)
            if not done:
                note_of_list(session, "subscribers.rekeyed", now=now, rows=number)
                return number
        number += done


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Line numbers and fields; the header is checked before the first row is asked for."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), restval="", strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
    except csv.Error:
        names = []
    _check_header(names, path.name)
    reader.fieldnames = names
    return _read_rows(reader)


def _check_header(names: Sequence[str], file: str) -> None:
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing:
        raise RefusedError(f"“{file}” has no column {', '.join(missing)}. Its first line must name the columns.")
    if unknown:
        raise RefusedError(f"“{file}” has a column “{unknown[0][:40]}”; known are {', '.join(COLUMNS)}.")


def _read_rows(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Row]]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RefusedError(f"Line {reader.line_num} is not CSV ({error}). The lines before it are in.") from None
        yield reader.line_num, {name: value.strip() for name, value in row.items() if isinstance(value, str) and name}


def _member(row: Row, slugs: frozenset[str]) -> ImportedSubscriber:
    channel = next((item for item in Channel if item.value == row["channel"].lower() and item.is_personal), None)
    if channel is None:
        raise RefusedError({"channel": f"“{row['channel'][:20]}” is not a channel; it must be sms or email."})
    return ImportedSubscriber(
        channel=channel,
        address=normal_address(channel, row["address"].lstrip("'")),
        choices=_choices(row, slugs),
        proof=row["consent_proof"],
        agreed_on=_day(row["consent_on"]),
    )


def _choices(row: Row, slugs: frozenset[str]) -> Choices:
    language = row.get("language", "").lower() or "en"
    components = frozenset(row.get("components", "").split())
    if language not in LANGUAGES:
        raise RefusedError(
            {"language": f"“{language[:20]}” is not a language here; choose from {', '.join(LANGUAGES)}."}
        )
    if components - slugs:
        raise RefusedError({"components": f"“{min(components - slugs)[:40]}” is not a component here."})
    return Choices(
        programmes=_programmes(row.get("programmes", "")),
        components=components,
        language=language,
        quiet=QuietHours.parse(
            row.get("quiet_from", ""), row.get("quiet_until", ""), overridden=_is_yes(row.get("override_quiet", ""))
        ),
    )


def _programmes(text: str) -> frozenset[Programme]:
    try:
        return frozenset(Programme(word) for word in text.lower().split()) or frozenset(Programme)
    except ValueError:
        raise RefusedError({"programmes": "A programme is outages or maintenance."}) from None


def _is_yes(text: str) -> bool:
    return text.lower() in ("yes", "true", "1")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError({"consent_on": f"“{text[:20]}” is not a date; it should look like 2026-11-21."}) from None


def _inert(record: Mapping[str, object]) -> str:
    """The address so that no spreadsheet takes it for a formula; a number keeps its plus sign."""
    address = str(record["address"])
    is_harmless = record["channel"] == Channel.SMS or not address.startswith(_FORMULA)
    return address if is_harmless else f"'{address}"
