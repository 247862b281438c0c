"""Offer the parts of an incident to whoever is on duty, and take their answers (R4, R17, R20)."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from app.commands.audit import note
from app.domain.assignments import OFFER_HOLDS, Answer, Assignment, accepted, needed_roles
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.pages import next_in_line
from app.domain.roster import Person, Roster
from app.domain.severity import Severity
from app.store.assignments import AssignmentRow, assignments_of, stale_offers
from app.store.roster import the_roster


def offer_roles(
    session: Session, incident_id: str, severity: Severity | None, *, opened_by: str | None = None, now: datetime
) -> None:
    """Offer the parts that an incident of this severity needs to whoever is on duty in them.

    `opened_by` is the account that opens it: where that is the person on duty, they have the part.
    Without a roster nothing is offered. A part that was offered before is left alone.
    """
    roster = the_roster(session, now)
    given = {each.role for each in assignments_of(session, incident_id)}
    for role in needed_roles(severity):
        if role not in given and roster.role(role):
            _offer_next(session, incident_id, role, roster, opened_by=opened_by, now=now)


def _offer_next(
    session: Session, incident_id: str, role: str, roster: Roster, *, opened_by: str | None = None, now: datetime
) -> Person | None:
    """Offer a part to whoever comes next; None where everybody has been asked."""
    asked = {each.person_id for each in assignments_of(session, incident_id) if each.role == role}
    person = next_in_line(roster.answering(role, now), asked)
    if person is not None:
        is_here = opened_by is not None and person.account_id == opened_by
        _give(session, incident_id, role, person, Answer.ACCEPTED if is_here else Answer.OFFERED, now)
    return person


def _give(session: Session, incident_id: str, role: str, person: Person, answer: Answer, now: datetime) -> None:
    is_accepted = answer is Answer.ACCEPTED
    row = AssignmentRow(
        incident_id=incident_id,
        role_key=role,
        person_id=person.id,
        answer=answer,
        offered_at=now,
        answered_at=now if is_accepted else None,
        answered_by=person.account_id if is_accepted else None,
    )
    session.add(row)
    session.flush()
    facts = {"role": role, "person": person.id}
    note(session, f"assignment.{answer}", Subject("incident", incident_id), after=facts, now=now)


def answer_offer(
    session: Session, assignment_id: str, *, accept: bool, now: datetime, account_id: str | None = None
) -> Assignment:
    """Take a part, or not; what is declined is offered to whoever comes next. The first answer counts.

    Raises:
        NotFoundError: there is no such offer.
        RefusedError: it has been answered.
    """
    row = session.get(AssignmentRow, assignment_id, with_for_update=True)
    if row is None:
        raise NotFoundError("There is no such offer.")
    if row.answer not in (Answer.OFFERED, Answer.UNANSWERED):
        raise RefusedError("This has been answered already.")
    if accept:
        _take_over(session, row, now)
    row.answer = Answer.ACCEPTED if accept else Answer.DECLINED
    row.answered_at, row.answered_by = now, account_id
    session.flush()
    facts = {"role": row.role_key, "person": row.person_id}
    note(session, f"assignment.{row.answer}", Subject("incident", row.incident_id), after=facts, now=now)
    if not accept:
        _offer_on(session, row.incident_id, row.role_key, now)
    return next(each for each in assignments_of(session, row.incident_id) if each.id == assignment_id)


def _take_over(session: Session, row: AssignmentRow, now: datetime) -> None:
    """Whoever had the part hands it over, and nobody else is asked for it any more."""
    known = [each for each in assignments_of(session, row.incident_id) if each.role == row.role_key]
    holder = accepted(known).get(row.role_key)
    if holder and holder.answered_at and holder.answered_at > row.offered_at:
        raise RefusedError(f"{holder.person} has taken it meanwhile.")
    for each in known:
        if each.id != row.id and each.answer in (Answer.OFFERED, Answer.ACCEPTED):
            other = session.get_one(AssignmentRow, each.id)
            other.answer = Answer.RELEASED if each.is_accepted else Answer.UNANSWERED
            other.answered_at = now
    if holder:
        facts = {"role": holder.role, "person": holder.person_id}
        note(session, "assignment.released", Subject("incident", row.incident_id), before=facts, now=now)


def _offer_on(session: Session, incident_id: str, role: str, now: datetime) -> None:
    """Offer a part to whoever comes next, unless somebody has it."""
    if role not in accepted(assignments_of(session, incident_id)):
        _offer_next(session, incident_id, role, the_roster(session, now), now=now)


def hand_over(session: Session, incident_id: str, role: str, person_id: str, *, now: datetime) -> None:
    """Offer a part to a person by choice; whoever has it keeps it until they accept. One person may hold two.

    Raises:
        RefusedError: they may not hold that part, or have it already.
    """
    roster = the_roster(session, now)
    person, part = roster.person(person_id), roster.role(role)
    if person is None or part is None or role not in person.can:
        raise RefusedError({"person": "Choose one of the people who may hold this part."})
    holder = accepted(assignments_of(session, incident_id)).get(role)
    if holder and holder.person_id == person_id:
        raise RefusedError({"person": f"{person.name} has this part already."})
    _give(session, incident_id, role, person, Answer.OFFERED, now)


def lapse_offers(session: Session, *, now: datetime) -> int:
    """Offers that nobody answered in time go to whoever comes next; how many.

    Each lapses once, whichever worker looks.
    """
    lapsed = 0
    for row_id, incident_id, role in stale_offers(session, now - OFFER_HOLDS):
        is_ours = update(AssignmentRow).where(
            col(AssignmentRow.id) == row_id, col(AssignmentRow.answer) == Answer.OFFERED
        )
        if session.execute(is_ours.values(answer=Answer.UNANSWERED, answered_at=now)).rowcount:  # type: ignore[attr-defined]
            lapsed += 1
            facts = {"role": role, "assignment": row_id}
            note(session, "assignment.unanswered", Subject("incident", incident_id), after=facts, now=now)
            _offer_on(session, incident_id, role, now)
    return lapsed
