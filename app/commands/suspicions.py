"""Take in signs of trouble, and what a person decides about a suspicion: on it, nothing to it, or an incident."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.tickets import take_on_all
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import FactsChanged
from app.domain.incidents import component_states
from app.domain.suspicions import Outcome, Sign, SignKind, Suspicion, home_of, is_cleared
from app.store.incidents import open_incidents
from app.store.outbox import record, take_numbers
from app.store.suspicions import (
    SuspicionRow,
    SuspicionSignRow,
    open_sign_row,
    open_suspicions,
    suspicion_row,
    the_suspicion,
)

OnSuspected = Callable[[Session, Suspicion], None]
"""Told of every new suspicion, in the transaction that opens it: who is called out decides somebody else."""

_NUMBERS = "suspicion"


def tell_nobody(_session: Session, _suspicion: Suspicion) -> None:
    """A suspicion that waits for somebody who looks."""


def suspect(
    session: Session, sign: Sign, *, now: datetime, on_suspected: OnSuspected = tell_nobody
) -> Suspicion | None:
    """Take in one sign: it joins the suspicion with the same cause, or opens one.

    Returns:
        The suspicion it stands in now; None when the sign is known already, or an open incident
        speaks of its component, so that nobody has to look.
    """
    _one_at_a_time(session)
    if open_sign_row(session, sign.kind, sign.ref) or _is_known(session, sign):
        return None
    home = home_of(sign, open_suspicions(session))
    suspicion_id = home.id if home else _open(session, now)
    session.add(
        SuspicionSignRow(
            suspicion_id=suspicion_id,
            kind=sign.kind,
            ref=sign.ref,
            slug=sign.slug,
            words=sign.words,
            began_at=sign.began_at,
        )
    )
    session.flush()
    facts = {"kind": sign.kind, "ref": sign.ref, "component": sign.slug, "words": sign.words}
    note(session, "suspicion.joined" if home else "suspicion.opened", _subject(suspicion_id), after=facts, now=now)
    suspicion = _whole(session, suspicion_id)
    if home is None:
        on_suspected(session, suspicion)
    return suspicion


def end_sign(session: Session, kind: SignKind, ref: str, *, now: datetime) -> Suspicion | None:
    """A sign points to trouble no more; with its last sign a suspicion closes by itself.

    Returns:
        The suspicion as it is now; None when nothing was suspected by that name.
    """
    _one_at_a_time(session)
    row = open_sign_row(session, kind, ref)
    if row is None:
        return None
    row.ended_at = now
    session.flush()
    suspicion = _whole(session, row.suspicion_id)
    if suspicion.is_open and is_cleared(suspicion.signs):
        return _close(session, suspicion, Outcome.CLEARED, None, now=now)
    return suspicion


def acknowledge(session: Session, suspicion_id: str, account_id: str | None, *, now: datetime) -> Suspicion:
    """Say "on it" (R10): recorded once; whoever says it later learns who was first. Members with a ticket are told.

    `account_id` is None for somebody on duty who has no account and answers by telephone.

    Raises:
        NotFoundError: there is no such suspicion.
        RefusedError: it is closed.
    """
    row = _open_row(session, suspicion_id)
    if row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = now, account_id
        session.flush()
        waited = round((now - row.opened_at).total_seconds())
        note(session, "suspicion.acknowledged", _subject(row.id), after={"after_seconds": waited}, now=now)
        suspicion = _whole(session, row.id)
        _tell_page(session, suspicion, now)
        take_on_all(session, suspicion.slugs, account_id, now=now)
    return _whole(session, row.id)


def dismiss(session: Session, suspicion_id: str, *, now: datetime) -> Suspicion:
    """Close a suspicion that nothing was behind.

    Raises:
        NotFoundError: there is no such suspicion.
        RefusedError: it is closed already.
    """
    row = _open_row(session, suspicion_id)
    return _close(session, _whole(session, row.id), Outcome.DISMISSED, None, now=now)


def attach(session: Session, suspicion_id: str, incident_id: str, *, now: datetime) -> Suspicion:
    """Say that a suspicion is an open incident, which thereby carries its signs and check ids (R3).

    Raises:
        NotFoundError: there is no such suspicion.
        RefusedError: it is closed already, or no open incident goes by that id.
    """
    row = _open_row(session, suspicion_id)
    if incident_id not in {incident.id for incident in open_incidents(session, drills=True)}:
        raise RefusedError({"incident_id": "Choose an incident that is open."})
    return _close(session, _whole(session, row.id), Outcome.INCIDENT, incident_id, now=now)


def carry(session: Session, suspicion_id: str, incident_id: str, *, now: datetime) -> None:
    """An incident is opened from a suspicion and carries its signs and check ids (R3).

    It does not matter if the suspicion was over or dismissed meanwhile; one that belongs to another
    incident, or is none, is left alone: nothing of this may hold up the words to members.
    """
    row = suspicion_row(session, suspicion_id)
    if row is not None and row.incident_id is None:
        _close(session, _whole(session, row.id), Outcome.INCIDENT, incident_id, now=now)


def _open(session: Session, now: datetime) -> str:
    row = SuspicionRow(number=take_numbers(session, _NUMBERS), opened_at=now)
    session.add(row)
    session.flush()
    return row.id


def _close(
    session: Session, suspicion: Suspicion, outcome: Outcome, incident_id: str | None, *, now: datetime
) -> Suspicion:
    row = _row(session, suspicion.id)
    row.closed_at, row.outcome, row.incident_id = now, outcome, incident_id
    session.flush()
    facts = {"outcome": outcome, "incident": incident_id, "checks": list(suspicion.check_ids)}
    note(session, "suspicion.closed", _subject(row.id), after=facts, now=now)
    closed = replace(suspicion, closed_at=now, outcome=outcome, incident_id=incident_id)
    if suspicion.acknowledged_at:
        _tell_page(session, closed, now)
    return closed


def _tell_page(session: Session, suspicion: Suspicion, now: datetime) -> None:
    record(session, FactsChanged(slugs=suspicion.slugs), now)


def _one_at_a_time(session: Session) -> None:
    """Two workers must not open two suspicions of one cause: adding nothing locks the counter until the commit."""
    take_numbers(session, _NUMBERS, 0)


def _is_known(session: Session, sign: Sign) -> bool:
    return sign.slug is not None and sign.slug in component_states(open_incidents(session))


def _open_row(session: Session, suspicion_id: str) -> SuspicionRow:
    row = _row(session, suspicion_id)
    if row.closed_at is not None:
        raise RefusedError("This is closed already.")
    return row


def _row(session: Session, suspicion_id: str) -> SuspicionRow:
    row = suspicion_row(session, suspicion_id)
    if row is None:
        raise NotFoundError(f"There is no suspicion “{suspicion_id[:40]}”.")
    return row


def _whole(session: Session, suspicion_id: str) -> Suspicion:
    suspicion = the_suspicion(session, suspicion_id)
    if suspicion is None:
        raise NotFoundError(f"There is no suspicion “{suspicion_id[:40]}”.")
    return suspicion


def _subject(suspicion_id: str) -> Subject:
    return Subject("suspicion", suspicion_id)
