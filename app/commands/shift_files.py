"""Take shifts from a calendar file (RFC 5545) that another program or a person made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from sqlmodel import Session

from app.commands.roster import ShiftDraft, add_shift
from app.domain.errors import RefusedError
from app.store.roster import the_roster

EVENTS_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a file: shifts that are new, and how many were there already."""

    added: int
    known: int


def import_shifts(session: Session, role: str, text: str, zone: ZoneInfo, *, now: datetime) -> Entered:
    """Enter each event of the file as a shift of whoever its summary names; the same file twice adds nothing.

    Whole days and times without a zone are read on the clock of `zone`. All or nothing.

    Raises:
        RefusedError: it is no calendar, has an event that repeats, or names somebody unknown.
    """
    roster = the_roster(session, now)
    ids = {person.name.casefold(): person.id for person in roster.people}
    drafts = [_draft(event, role, ids, zone) for event in _events(text)]
    there = {(shift.role, shift.person_id, shift.starts_at, shift.ends_at) for shift in roster.shifts}
    fresh = [draft for draft in drafts if (draft.role, draft.person_id, draft.starts_at, draft.ends_at) not in there]
    for draft in dict.fromkeys(fresh):
        add_shift(session, draft, now=now)
    return Entered(len(set(fresh)), len(drafts) - len(fresh))


def _events(text: str) -> list[Any]:
    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except ValueError:
        raise RefusedError({"file": "This is not a calendar file. It begins with BEGIN:VCALENDAR."}) from None
    if not events or len(events) > EVENTS_MOST:
        raise RefusedError({"file": f"The calendar must hold 1 to {EVENTS_MOST:,} events."})
    return list(events)


def _draft(event: Any, role: str, ids: Mapping[str, str], zone: ZoneInfo) -> ShiftDraft:
    summary = " ".join(str(event.get("summary", "")).split())
    if "RRULE" in event or "RDATE" in event:
        raise RefusedError({"file": f"“{summary[:60]}” repeats. Export the calendar with single events."})
    person_id = ids.get(summary.casefold())
    if person_id is None:
        raise RefusedError({"file": f"“{summary[:60]}” is nobody on the roster. Each event is named after a person."})
    try:
        starts_at, ends_at = _moment(event.start, zone), _moment(event.end, zone)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise RefusedError({"file": f"The event of {summary[:60]} has no start or no end."}) from None
    return ShiftDraft(role, person_id, starts_at, ends_at)


def _moment(given: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(given, datetime):
        given = datetime.combine(given, time(), zone)
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
