"""A supplier that closes: what has to be done before its last day, and the copy that is counted twice (R69)."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.actions import open_action
from app.commands.audit import actor_of, note
from app.commands.incidents import locked_incident
from app.domain.actions import ActionKind
from app.domain.audit import Subject
from app.domain.closing import MOVE_LIST, Count, check_count
from app.domain.errors import RefusedError
from app.domain.severity import Kind
from app.domain.text import printable
from app.store.actions import ActionItemRow, actions_of
from app.store.closing import CopyCountRow
from app.store.incidents import IncidentRow
from app.store.organisation import the_organisation


def begin_move(session: Session, incident_id: str, owner: str, *, now: datetime) -> list[ActionItemRow]:
    """Open the list of what has to be done, once: the copy first and today, the rest spread to the last day.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: no supplier closes in it, nobody said when, or the list is there already.
    """
    row = locked_incident(session, incident_id)
    _check_closes(row)
    deadline_at = datetime.fromisoformat(row.details["deadline_at"])
    if any(action.words in MOVE_LIST for action in actions_of(session, row.id)):
        raise RefusedError("The list is open already.")
    zone = the_organisation(session).zone
    first, last = now.astimezone(zone).date(), deadline_at.astimezone(zone).date()
    days = max((last - first).days, 0)
    return [
        open_action(
            session,
            incident_id=row.id,
            kind=ActionKind.TASK,
            words=words,
            owner=owner,
            due_on=first + timedelta(days=days * place // (len(MOVE_LIST) - 1)),
            now=now,
        )
        for place, words in enumerate(MOVE_LIST)
    ]


def count_copy(
    session: Session, incident_id: str, what: str, expected: int, copied: int, verified: int, *, now: datetime
) -> None:
    """Keep one count of what was carried away.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: no supplier closes in it, or the numbers cannot be.
    """
    row = locked_incident(session, incident_id)
    _check_closes(row)
    what = printable(what).strip()
    check_count(Count(what, expected, copied, verified, now))
    count = CopyCountRow(
        incident_id=row.id,
        what=what,
        expected=expected,
        copied=copied,
        verified=verified,
        counted_by=actor_of(session).account_id,
        counted_at=now,
    )
    session.add(count)
    session.flush()
    facts = count.model_dump(include={"what", "expected", "copied", "verified"})
    note(session, "closing.counted", Subject("incident", row.id), after=facts, now=now)


def _check_closes(row: IncidentRow) -> None:
    if row.kind != Kind.VENDOR_CLOSING or "deadline_at" not in row.details:
        raise RefusedError("No supplier's last day is stated in this incident.")
