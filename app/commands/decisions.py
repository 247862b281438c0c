"""Answer what has to be decided in an incident, and open what follows from it (R18, R19)."""

from datetime import date, datetime

from sqlmodel import Session

from app.commands.actions import open_action
from app.commands.audit import actor_of, note
from app.commands.incidents import locked_incident
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.actions import WORDS_MOST, ActionKind
from app.domain.assignments import COMMANDER, OPERATIONS, accepted
from app.domain.audit import Subject
from app.domain.decisions import SILENCE_HOLDS, Question, check_decision, regulator_is_affected, vendor_is_affected
from app.domain.incidents import Incident
from app.domain.packs import regulator_due, vendor_due
from app.store.actions import actions_of
from app.store.assignments import assignments_of
from app.store.decisions import IncidentDecisionRow, silences_that_ended
from app.store.incidents import the_incident
from app.store.organisation import the_organisation
from app.store.packs import packs
from app.store.vendors import vendors_of

_ASKED_AGAIN = (Role.COMMUNICATIONS_LEAD, Role.COMMANDER)


def decide(
    session: Session, incident_id: str, question: Question, answer: str, reason: str = "", *, now: datetime
) -> None:
    """Answer a question about an incident; the newest answer counts and the others stay in its history.

    That members need not hear holds for half an hour (R18). That a vendor or a regulator is affected
    opens a task with its deadline, once (R19).

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it is no answer, or "no" without a reason.
    """
    row = locked_incident(session, incident_id)
    reason = check_decision(question, answer, reason)
    is_silence = question is Question.MEMBERS and answer == "no"
    decision = IncidentDecisionRow(
        incident_id=row.id,
        question=question,
        answer=answer,
        reason=reason,
        decided_at=now,
        decided_by=actor_of(session).account_id,
        expires_at=now + SILENCE_HOLDS if is_silence else None,
    )
    session.add(decision)
    facts = {"question": question, "answer": answer, "reason": reason}
    note(session, "incident.decided", Subject("incident", row.id), after=facts, now=now)
    incident = the_incident(session, row.id)
    if question is Question.OUTSIDE and incident is not None:
        _open_tasks(session, incident, answer, now)


def _open_tasks(session: Session, incident: Incident, answer: str, now: datetime) -> None:
    """The tasks that are missing; one that was opened before, by this answer or an earlier one, is not opened again."""
    known = {action.kind for action in actions_of(session, incident.id)}
    zone, rules, began_at = the_organisation(session).zone, packs(session), incident.started_at
    if vendor_is_affected(answer) and ActionKind.VENDOR_ESCALATION not in known:
        due_on, owner = vendor_due(rules, began_at, zone), _owner(session, incident.id, OPERATIONS)
        _open(session, incident, ActionKind.VENDOR_ESCALATION, _vendor_task(session, incident), owner, due_on, now)
    if regulator_is_affected(answer) and ActionKind.REGULATOR not in known:
        due_on, owner = regulator_due(rules, began_at, zone), _owner(session, incident.id, COMMANDER)
        _open(session, incident, ActionKind.REGULATOR, _regulator_task(incident), owner, due_on, now)


def _open(
    session: Session, incident: Incident, kind: ActionKind, words: str, owner: str, due_on: date, now: datetime
) -> None:
    words = words[:WORDS_MOST]
    open_action(session, incident_id=incident.id, kind=kind, words=words, owner=owner, due_on=due_on, now=now)


def _owner(session: Session, incident_id: str, role: str) -> str:
    """Whoever has the part, otherwise the commander, otherwise the part by name."""
    taken = accepted(assignments_of(session, incident_id))
    found = taken.get(role) or taken.get(COMMANDER)
    return found.person if found else role.replace("_", " ").capitalize()


def _vendor_task(session: Session, incident: Incident) -> str:
    """Whom to call, from the register; where it does not say, what they supply."""
    vendors = vendors_of(session, [each.slug for each in incident.components])
    named = [f"{vendor.name} ({vendor.escalation})" if vendor.escalation else vendor.name for vendor in vendors]
    touched = ", ".join(each.name for each in incident.components) or incident.title
    whom = " and ".join(named) or f"the supplier of {touched}"
    return f"Escalate to {whom}: who works on it, and when we hear next."


def _regulator_task(incident: Incident) -> str:
    return f"Tell the regulator about “{incident.title}” as the jurisdiction pack asks, and note when and whom."


def ask_again(session: Session, *, now: datetime) -> int:
    """Remind of incidents whose "members need not hear" has run out, once for each answer; how many."""
    asked = 0
    for row, title in silences_that_ended(session, now):
        row.asked_again_at = now
        asked += 1
        subject = f"{title}: is member communication needed?"
        text = (
            f"Half an hour ago the answer was no: {row.reason}\n\n"
            "That answer has run out. Answer again on the incident's page People, or post an update.\n"
        )
        tell_staff(session, _ASKED_AGAIN, subject, text, now=now)
        note(session, "incident.asked_again", Subject("incident", row.incident_id), now=now)
    return asked
