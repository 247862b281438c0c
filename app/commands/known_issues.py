"""Keep the list of known issues (R48, R61)."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note_change
from app.commands.incidents import components_named
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.known_issues import checked_issue
from app.store.known_issues import KnownIssueRow


def save_known_issue(
    session: Session, key: str, title: str, workaround: str, components: Sequence[str], *, now: datetime
) -> KnownIssueRow:
    """Write a known issue down, or change it; one that was retired is back.

    Raises:
        RefusedError: a number like none, no title or workaround, too much text, or an unknown component.
    """
    issue = checked_issue(key, title, workaround, components)
    components_named(session, issue.components)
    row = session.get(KnownIssueRow, issue.key)
    before = _facts(row) if row else {}
    if row is None:
        row = KnownIssueRow(key=issue.key, title="", workaround="", created_at=now, updated_at=now)
        session.add(row)
    row.title, row.workaround, row.components = issue.title, issue.workaround, list(issue.components)
    row.updated_at, row.retired_at = now, None
    note_change(
        session, "known_issue.saved", Subject("known_issue", row.key), before=before, after=_facts(row), now=now
    )
    session.flush()
    return row


def retire_known_issue(session: Session, key: str, *, now: datetime) -> None:
    """Say that a known issue is gone; nobody is pointed to it any more.

    Raises:
        NotFoundError: there is no such issue.
    """
    row = session.get(KnownIssueRow, key)
    if row is None or row.retired_at is not None:
        raise NotFoundError(f"There is no known issue “{key[:12]}”.")
    before, row.retired_at = _facts(row), now
    note_change(session, "known_issue.retired", Subject("known_issue", key), before=before, after=_facts(row), now=now)


def _facts(row: KnownIssueRow) -> dict[str, object]:
    return {
        "title": row.title,
        "workaround": row.workaround,
        "components": list(row.components),
        "retired_at": row.retired_at,
    }
