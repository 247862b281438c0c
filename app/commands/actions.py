"""Open, finish and reopen what has to be done after an incident (R59). One function, one transaction."""

from datetime import date, datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.domain.actions import ActionKind, check_action, check_proof
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.text import printable
from app.store.actions import ActionItemRow, action_row


def open_action(
    session: Session, *, incident_id: str | None, kind: ActionKind, words: str, owner: str, due_on: date, now: datetime
) -> ActionItemRow:
    """Note that something has to be done; `owner` is a team or a person by name.

    Raises:
        RefusedError: it does not say what, or nobody owns it.
    """
    words, owner = printable(words).strip(), printable(owner).strip()
    check_action(words, owner)
    row = ActionItemRow(incident_id=incident_id, kind=kind, words=words, owner=owner, due_on=due_on, opened_at=now)
    session.add(row)
    session.flush()
    facts = {"incident": incident_id, "kind": kind, "words": words, "owner": owner, "due_on": due_on}
    note(session, "action.opened", _subject(row), after=facts, now=now)
    return row


def complete_action(session: Session, action_id: str, *, now: datetime, proof: str = "") -> ActionItemRow:
    """Say that it is done; of a test that was added `proof` names the check that now covers it.

    Raises:
        NotFoundError: there is no such action.
        RefusedError: it is done already, or a test was added and nothing says which.
    """
    row, proof = _existing(session, action_id), printable(proof).strip()
    if row.done_at is not None:
        raise RefusedError("This is done already.")
    check_proof(ActionKind(row.kind), proof)
    row.done_at, row.done_by, row.proof = now, actor_of(session).account_id, proof
    note(session, "action.completed", _subject(row), after={"proof": proof}, now=now)
    return row


def reopen_action(session: Session, action_id: str, *, now: datetime) -> ActionItemRow:
    """Say that it is not done after all.

    Raises:
        NotFoundError: there is no such action.
        RefusedError: it is open.
    """
    row = _existing(session, action_id)
    if row.done_at is None:
        raise RefusedError("This is open already.")
    before, row.done_at, row.done_by = row.done_at, None, None
    note(session, "action.reopened", _subject(row), before={"done_at": before}, now=now)
    return row


def postpone_action(session: Session, action_id: str, due_on: date, *, now: datetime) -> ActionItemRow:
    """Give it another day.

    Raises:
        NotFoundError: there is no such action.
        RefusedError: it is done.
    """
    row = _existing(session, action_id)
    if row.done_at is not None:
        raise RefusedError("This is done already.")
    before, row.due_on = row.due_on, due_on
    note(session, "action.postponed", _subject(row), before={"due_on": before}, after={"due_on": due_on}, now=now)
    return row


def _existing(session: Session, action_id: str) -> ActionItemRow:
    row = action_row(session, action_id)
    if row is None:
        raise NotFoundError("There is no such action.")
    return row


def _subject(row: ActionItemRow) -> Subject:
    return Subject("action", row.id)
