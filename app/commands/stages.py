"""Move an incident through its five stages, and close it when nothing is owed any more (R1, R4, R17, R58)."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import locked_incident
from app.commands.timeline import tell
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.stages import REASON_LEAST, REASON_MOST, Facts, Output, Stage, missing_outputs
from app.domain.text import printable
from app.domain.timeline import EntryKind
from app.domain.work import facts_of
from app.store.incidents import IncidentRow, incidents_by_id
from app.store.work import work_of


def confirm_incident(session: Session, incident_id: str, *, now: datetime) -> None:
    """Say that an incident is real; what a person opened in the console is confirmed already.

    Raises:
        NotFoundError: there is no such incident.
    """
    row = locked_incident(session, incident_id)
    if row.confirmed_at is None:
        row.confirmed_at = now
        tell(session, row, EntryKind.DECISION, "Confirmed: it is real.", now=now)
        note(session, "incident.confirmed", Subject("incident", row.id), now=now)


def enter_next_stage(session: Session, incident_id: str, seen: Stage, reason: str = "", *, now: datetime) -> Stage:
    """Go on to the stage after `seen`, which is the one the person was looking at; the new stage.

    With an output missing it needs a reason, which is kept in the timeline and in the audit log.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it has moved on, this is the last stage, or an output is missing and there is
            no reason (field "reason").
    """
    row = locked_incident(session, incident_id)
    if row.stage != seen or seen.next is None:
        raise RefusedError("The incident stands in another stage by now. Look once more.")
    missing = missing_outputs(seen, known_facts(session, row, now))
    reason = checked_reason(reason, missing)
    row.stage = seen.next
    words = f"Entered {seen.next.in_words}."
    if missing:
        words += f" Without: {_listed(missing)}. {reason}"
    tell(session, row, EntryKind.STAGE, words, now=now)
    act = "incident.stage_forced" if missing else "incident.stage_entered"
    facts = {"stage": seen.next, "missing": [output.key for output in missing], "reason": reason}
    note(session, act, Subject("incident", row.id), before={"stage": seen}, after=facts, now=now)
    return seen.next


def close_incident(session: Session, incident_id: str, reason: str = "", *, now: datetime) -> None:
    """Close an incident: cause, resolution, prevention, actions and the report are on record (R58).

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it still lasts, it is closed, or something is missing and there is no reason.
    """
    row = locked_incident(session, incident_id)
    facts = known_facts(session, row, now)
    if not facts.resolved:
        raise RefusedError("It is not resolved yet. Resolved comes first, closed is the end of the paperwork.")
    if row.closed_at is not None:
        raise RefusedError("It is closed already.")
    missing = missing_outputs(Stage.REVIEW, facts)
    reason = checked_reason(reason, missing)
    row.closed_at = now
    words = "Closed." + (f" Without: {_listed(missing)}. {reason}" if missing else "")
    tell(session, row, EntryKind.STAGE, words, now=now)
    after = {"missing": [output.key for output in missing], "reason": reason}
    note(session, "incident.closed", Subject("incident", row.id), after=after, now=now)


def known_facts(session: Session, row: IncidentRow, now: datetime) -> Facts:
    """What the gates ask for, read anew."""
    session.flush()
    incident = incidents_by_id(session, [row.id])[row.id]
    return facts_of(incident, work_of(session, row.id, now), now)


def checked_reason(reason: str, missing: tuple[Output, ...]) -> str:
    """The reason for going on without something; empty where nothing is missing.

    Raises:
        RefusedError: something is missing and there is no reason, or it is too long.
    """
    reason = printable(reason).strip()
    if not missing:
        return ""
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        raise RefusedError({"reason": f"Missing: {_listed(missing)}. Supply it, or say why you go on without."})
    return reason


def _listed(missing: tuple[Output, ...]) -> str:
    return ", ".join(output.name[0].lower() + output.name[1:] for output in missing)
