"""Write into the timeline of an incident what was done, seen or decided (R49)."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.timeline import EntryKind, checked_entry
from app.store.incidents import IncidentRow, incident_row
from app.store.timeline import TimelineEntryRow


def add_entry(
    session: Session,
    incident_id: str,
    kind: EntryKind,
    words: str,
    *,
    now: datetime,
    at: datetime | None = None,
    account_id: str | None = None,
) -> TimelineEntryRow:
    """Add one entry by whoever acts in this transaction; `at` is when it happened, now unless said otherwise.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: no words or too many, a kind that nobody writes, or a time that has not come.
    """
    row = incident_row(session, incident_id)
    if row is None:
        raise NotFoundError(f"There is no incident “{incident_id[:40]}”.")
    words = checked_entry(kind, words, at or now, now)
    entry = tell(session, row, kind, words, now=now, at=at, account_id=account_id)
    note(
        session,
        "timeline.added",
        Subject("incident", row.id),
        after={"kind": kind, "words": words, "at": entry.at},
        now=now,
    )
    return entry


def tell(
    session: Session,
    row: IncidentRow,
    kind: EntryKind,
    words: str,
    *,
    now: datetime,
    at: datetime | None = None,
    account_id: str | None = None,
) -> TimelineEntryRow:
    """Let the timeline tell what a command did, of whatever kind; the command notes it in the audit log itself."""
    actor = actor_of(session)
    entry = TimelineEntryRow(
        incident_id=row.id,
        kind=kind,
        words=words,
        at=min(at, now) if at else now,
        account_id=account_id or actor.account_id,
        author=actor.name,
        created_at=now,
    )
    session.add(entry)
    session.flush()
    return entry
