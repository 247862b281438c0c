"""Lay out the communications plan of an incident, add to it, and tick off what was said (R25, R46)."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.commands.audit import actor_of, note
from app.commands.incidents import locked_incident
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.message_plan import Audience, Medium, usual_plan
from app.domain.severity import Severity
from app.store.incidents import IncidentRow
from app.store.message_plan import PlanItemRow, unplanned_incidents

_PLANNED_WITHIN = timedelta(hours=12)


def lay_plans(session: Session, *, now: datetime) -> int:
    """Give every young incident the usual plan; how many."""
    rows = unplanned_incidents(session, now, _PLANNED_WITHIN)
    for row in rows:
        lay_plan(session, row, now=now)
    return len(rows)


def lay_plan(session: Session, row: IncidentRow, *, now: datetime) -> None:
    """Give an incident the usual plan for its severity."""
    for audience, medium, due_at in usual_plan(Severity(row.severity) if row.severity else None, row.started_at):
        session.add(PlanItemRow(incident_id=row.id, audience=audience, medium=medium, due_at=due_at))
    session.flush()
    note(session, "message_plan.laid_out", Subject("incident", row.id), now=now)


def plan_word(
    session: Session, incident_id: str, audience: Audience, medium: Medium, due_at: datetime, *, now: datetime
) -> str:
    """Plan one more word to an audience; its id.

    Raises:
        NotFoundError: there is no such incident.
    """
    incident = locked_incident(session, incident_id)
    row = PlanItemRow(incident_id=incident.id, audience=audience, medium=medium, due_at=due_at)
    session.add(row)
    session.flush()
    facts = {"audience": audience, "medium": medium, "due_at": due_at}
    note(session, "message_plan.added", Subject("incident", incident.id), after=facts, now=now)
    return row.id


def tick_off(session: Session, item_id: str, *, now: datetime) -> str:
    """Say that it was said, now; the incident. Twice changes nothing.

    Raises:
        NotFoundError: there is no such item.
    """
    row = session.get(PlanItemRow, item_id, with_for_update=True)
    if row is None:
        raise NotFoundError("There is no such line in the plan.")
    if row.done_at is None:
        row.done_at, row.done_by = now, actor_of(session).account_id
        facts = {"audience": row.audience, "medium": row.medium}
        note(session, "message_plan.ticked", Subject("incident", row.incident_id), after=facts, now=now)
    return row.incident_id


def tell_now(session: Session, incident_id: str, audience: Audience, medium: Medium, *, now: datetime) -> None:
    """Note that an audience has just been told: ticks what was planned for it by that means, else adds a line.

    Raises:
        NotFoundError: there is no such incident.
    """
    incident = locked_incident(session, incident_id)
    planned = select(PlanItemRow).where(
        PlanItemRow.incident_id == incident.id,
        PlanItemRow.audience == audience,
        PlanItemRow.medium == medium,
        col(PlanItemRow.done_at).is_(None),
    )
    row = session.exec(planned.order_by(col(PlanItemRow.due_at)).limit(1)).first()
    tick_off(session, row.id if row else plan_word(session, incident.id, audience, medium, now, now=now), now=now)
