"""Investigate alone, submit, and read each other only then (R51).

Neither the audit log nor the timeline holds a word of a finding while it is sealed: the log notes
that it was kept and submitted, and what it says once all of them are open.
"""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import locked_incident
from app.domain.accounts import Account
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.findings import checked_finding, may_open
from app.domain.severity import Severity
from app.domain.timeline import EntryKind
from app.store.findings import FindingRow, finding_rows, frozen_finding
from app.store.incidents import IncidentRow
from app.store.timeline import TimelineEntryRow


def keep_finding(session: Session, incident_id: str, words: str, *, by: Account, now: datetime) -> FindingRow:
    """Begin one's own finding, or write it anew while it is not submitted.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: no words or too many, it is submitted, or the findings are open already.
    """
    row = locked_incident(session, incident_id)
    words = checked_finding(words)
    rows = finding_rows(session, row.id)
    own = next((each for each in rows if each.account_id == by.id), None)
    if own and own.submitted_at:
        raise RefusedError({"finding": "Yours is submitted; it stays as it is. Write what is new into the timeline."})
    if own is None:
        if any(each.opened_at for each in rows):
            raise RefusedError({"finding": "The findings are open: yours would not be independent. Name a cause."})
        own = FindingRow(incident_id=row.id, account_id=by.id, author=by.name, words=words, begun_at=now)
        session.add(own)
        note(session, "finding.begun", Subject("incident", row.id), now=now)
    own.words = words
    session.flush()
    return own


def submit_finding(session: Session, incident_id: str, words: str, *, by: Account, now: datetime) -> bool:
    """Submit one's finding; True when it was the last that was missing, so that all are open now.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: as for `keep_finding`.
    """
    own = keep_finding(session, incident_id, words, by=by, now=now)
    own.submitted_at = now
    row = locked_incident(session, own.incident_id)
    note(session, "finding.submitted", Subject("incident", row.id), now=now)
    return _open_if_complete(session, row, now)


def set_aside_finding(session: Session, incident_id: str, finding_id: str, *, now: datetime) -> bool:
    """Wait no longer for a finding that was begun and not submitted; True when all are open now.

    Raises:
        NotFoundError: there is no such incident or finding.
        RefusedError: it is submitted.
    """
    row = locked_incident(session, incident_id)
    found = next((each for each in finding_rows(session, row.id) if each.id == finding_id), None)
    if found is None:
        raise NotFoundError("There is no such finding on this incident.")
    if found.submitted_at:
        raise RefusedError("It is submitted; it stays.")
    session.delete(found)
    session.flush()
    note(session, "finding.set_aside", Subject("incident", row.id), after={"author": found.author}, now=now)
    return _open_if_complete(session, row, now)


def _open_if_complete(session: Session, row: IncidentRow, now: datetime) -> bool:
    session.flush()
    rows = finding_rows(session, row.id)
    severity = Severity(row.severity) if row.severity else None
    if any(each.opened_at for each in rows) or not may_open([frozen_finding(each) for each in rows], severity):
        return False
    for each in rows:
        each.opened_at = now
        session.add(_told(each, now))
        facts = {"author": each.author, "words": each.words, "submitted_at": each.submitted_at}
        note(session, "finding.opened", Subject("incident", row.id), after=facts, now=now)
    return True


def _told(finding: FindingRow, now: datetime) -> TimelineEntryRow:
    """From now on the timeline tells what was found, when it was, and by whom."""
    return TimelineEntryRow(
        incident_id=finding.incident_id,
        kind=EntryKind.FINDING,
        words=finding.words,
        at=finding.submitted_at or now,
        account_id=finding.account_id,
        author=finding.author,
        created_at=now,
    )
