"""Plan, start and end drills: a failure played through, which only staff and test recipients hear of (R70)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.components import save_direct_link
from app.commands.incidents import IncidentDraft, components_named, open_incident, post_update
from app.commands.plan import mark_tested
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.assignments import Answer
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.drills import MARK, Drill, check_scenario, marked, score_of
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft
from app.domain.text import printable
from app.store.assignments import assignments_of
from app.store.components import live_components
from app.store.drills import DrillRow, drill_row, frozen_drill, running_drill, stored_score
from app.store.incidents import the_incident
from app.store.organisation import the_organisation

PLAYERS = (Role.COMMANDER, Role.COMMUNICATIONS_LEAD, Role.SERVICE_MANAGER, Role.SUBJECT_EXPERT, Role.HELP_DESK)
"""Who is told that a drill begins and how it ended."""

_PROMISE = timedelta(minutes=30)


def plan_drill(session: Session, scenario: str, slug: str, planned_on: date, *, now: datetime) -> Drill:
    """Put a drill into the calendar.

    Raises:
        RefusedError: it does not say what fails, or there is no such component.
    """
    scenario = printable(scenario).strip()
    check_scenario(scenario)
    components_named(session, [slug])
    row = DrillRow(scenario=scenario, slug=slug, planned_on=planned_on)
    session.add(row)
    session.flush()
    facts = {"scenario": scenario, "component": slug, "planned_on": planned_on}
    note(session, "drill.planned", Subject("drill", row.id), after=facts, now=now)
    return frozen_drill(row)


def cancel_drill(session: Session, drill_id: str, *, now: datetime) -> None:
    """Take a drill that nobody played out of the calendar.

    Raises:
        NotFoundError: there is no such drill.
        RefusedError: it was played: what it showed stays.
    """
    row = _existing(session, drill_id)
    if row.started_at is not None:
        raise RefusedError("This drill was played. What it showed stays in the record.")
    session.delete(row)
    session.flush()
    note(session, "drill.cancelled", Subject("drill", drill_id), before={"scenario": row.scenario}, now=now)


def start_drill(session: Session, drill_id: str, *, now: datetime) -> Drill:
    """Let it fail, on paper: a drill incident is open, and the staff is told that it is one.

    Raises:
        NotFoundError: there is no such drill.
        RefusedError: it was played already, or another one is running.
    """
    row = _existing(session, drill_id)
    if row.started_at is not None:
        raise RefusedError("This drill was played already. Plan another one.")
    if running_drill(session) is not None:
        raise RefusedError("A drill is running. End it first.")
    incident = _open(session, row, now)
    row.started_at, row.incident_id = now, incident.id
    session.flush()
    text = (
        f"{marked(row.scenario)}.\n\nNothing is wrong. Act as you would if it were, in the console: the incident is "
        "marked as a drill, its page is not public, and only test recipients hear of it.\n"
    )
    tell_staff(session, PLAYERS, f"{MARK} begins: {row.scenario}", text, now=now)
    facts = {"scenario": row.scenario, "incident": incident.id}
    note(session, "drill.started", Subject("drill", row.id), after=facts, now=now)
    return frozen_drill(row)


def end_drill(session: Session, sections: Collection[int] = (), slugs: Collection[str] = (), *, now: datetime) -> Drill:
    """End the drill that is running: score it, and date what it tried.

    `sections` are numbers of the plan, `slugs` components whose direct sign-in somebody got into.

    Raises:
        NotFoundError: no drill is running.
        RefusedError: one of the components has no direct sign-in.
    """
    row = running_drill(session)
    incident = the_incident(session, row.incident_id) if row and row.incident_id else None
    if row is None or incident is None or row.started_at is None:
        raise NotFoundError("No drill is running.")
    offers = assignments_of(session, incident.id)
    roles = {each.role for each in offers}
    accepted = {each.role for each in offers if each.answer in (Answer.ACCEPTED, Answer.RELEASED)}
    score = score_of(incident, len(accepted), len(roles), row.started_at, now)
    if incident.is_open:
        _close(session, incident, now)
    today = now.astimezone(the_organisation(session).zone).date()
    mark_tested(session, sections, today, now=now)
    _prove_links(session, slugs, today, now)
    row.ended_at, row.score = now, stored_score(score)
    row.sections, row.slugs = sorted(sections), sorted(slugs)
    session.flush()
    facts = {"points": score.points, "sections": row.sections, "links": row.slugs} | stored_score(score)
    note(session, "drill.ended", Subject("drill", row.id), after=facts, now=now)
    words = f"{marked(row.scenario)} is over: {score.points} of 100 points. Nothing was wrong. Thank you.\n"
    tell_staff(session, PLAYERS, f"{MARK} is over: {row.scenario}", words, now=now)
    return frozen_drill(row)


def _open(session: Session, row: DrillRow, now: datetime) -> Incident:
    said = UpdateDraft(
        status=IncidentStatus.INVESTIGATING,
        body=f"{marked(row.scenario)}. This is an exercise. Nothing is wrong.",
        components={row.slug: ComponentStatus.MAJOR_OUTAGE},
        next_update_at=now + _PROMISE,
    )
    draft = IncidentDraft(title=marked(row.scenario), first_update=said, detected_by="drill", is_drill=True)
    return open_incident(session, draft, now=now, author_id=actor_of(session).account_id)


def _close(session: Session, incident: Incident, now: datetime) -> None:
    said = UpdateDraft(
        status=IncidentStatus.RESOLVED,
        body=f"{MARK}: the exercise is over. Nothing was wrong.",
        override="A drill: nothing had failed.",
    )
    post_update(session, incident.id, said, now=now, author_id=actor_of(session).account_id)


def _prove_links(session: Session, slugs: Collection[str], today: date, now: datetime) -> None:
    known = {item.slug: item for item in live_components(session)}
    for slug in slugs:
        component = known.get(slug)
        if component is None or not component.direct_link.is_door:
            raise RefusedError({"slugs": f"“{slug}” has no direct sign-in to try."})
        save_direct_link(session, slug, replace(component.direct_link, verified_on=today), now=now)


def _existing(session: Session, drill_id: str) -> DrillRow:
    row = drill_row(session, drill_id)
    if row is None:
        raise NotFoundError("There is no such drill.")
    return row
