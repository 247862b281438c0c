"""Open an incident, post updates on it, resolve and reopen it. One function, one transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from app.commands.assignments import offer_roles
from app.commands.audit import note
from app.commands.resolving import check_resolution
from app.commands.suspicions import carry
from app.commands.telling import tell_of_incident
from app.commands.tickets import tell_of_solution
from app.domain.audit import Subject
from app.domain.components import Component, ComponentStatus
from app.domain.composing import alone, fill_headings, has_way_round
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.events import UpdatePosted
from app.domain.incidents import (
    HEADING_FIELDS,
    ComponentChange,
    DeadlineRelief,
    Incident,
    IncidentStatus,
    UpdateDraft,
    check_times,
    check_title,
    check_update,
)
from app.domain.maintenance import states_now
from app.domain.message_templates import MessageEvent
from app.domain.plain_language import refusals
from app.domain.severity import Impact, Kind, Severity, Urgency, impact_of, suggested_severity
from app.domain.stages import Stage
from app.domain.text import printable
from app.store.accounts import account_names
from app.store.columns import new_id
from app.store.components import ComponentRow, live_components
from app.store.incidents import (
    IncidentComponentRow,
    IncidentRow,
    IncidentUpdateRow,
    incident_row,
    incidents_by_id,
    open_incidents,
    said_facts,
    stored_changes,
    stored_relief,
)
from app.store.maintenance import unfinished_maintenances
from app.store.organisation import the_organisation
from app.store.outbox import record, take_numbers


@dataclass(frozen=True, slots=True)
class IncidentDraft:
    """A new incident as a person describes it. What is None is suggested from the components.

    `deadline_at` is a supplier's last day (`Kind.VENDOR_CLOSING`). A drill (R70) is never on the
    page, and only test recipients hear of it. `id` is given only where the page shows it already.
    `suspicion_id` is the suspicion that it is opened from (R3).
    """

    title: str
    first_update: UpdateDraft
    kind: Kind = Kind.OUTAGE
    severity: Severity | None = None
    urgency: Urgency | None = None
    impact: Impact | None = None
    started_at: datetime | None = None
    relief: DeadlineRelief | None = None
    reference: str = ""
    detected_by: str = ""
    deadline_at: datetime | None = None
    is_drill: bool = False
    id: str = ""
    suspicion_id: str = ""


def open_incident(session: Session, draft: IncidentDraft, *, now: datetime, author_id: str | None = None) -> Incident:
    """Open an incident with its first words.

    Raises:
        RefusedError: no title, an unknown component, a start in the future, or an update that
            breaks a rule of `check_update`.
    """
    started_at = draft.started_at or now
    title = printable(draft.title).strip()
    check_title(title)
    check_times(started_at, None, now)
    if not draft.first_update.status.is_open:
        raise RefusedError({"status": "A new incident cannot start as resolved."})
    severity = draft.severity or severity_from(session, draft.first_update.components or {})
    row = IncidentRow(
        id=draft.id or new_id(),
        number=take_numbers(session, "incident"),
        reference=draft.reference,
        title=title,
        kind=draft.kind,
        severity=severity,
        urgency=draft.urgency or the_organisation(session).urgency_of(severity),
        impact=draft.impact or impact_of(severity),
        status=draft.first_update.status,
        started_at=started_at,
        created_at=now,
        updated_at=now,
        relief=stored_relief(draft.relief),
        details=_details(draft),
        is_drill=draft.is_drill,
        stage=Stage.TRIAGE,
        confirmed_at=now if author_id else None,
    )
    session.add(row)
    session.flush()
    _say(session, row, draft.first_update, now, author_id)
    offer_roles(session, row.id, severity, opened_by=author_id, now=now)
    if draft.suspicion_id:
        carry(session, draft.suspicion_id, row.id, now=now)
    return _reload(session, row.id)


def _details(draft: IncidentDraft) -> dict[str, str]:
    deadline = draft.deadline_at.isoformat() if draft.deadline_at else ""
    kept = {"detected_by": draft.detected_by, "deadline_at": deadline}
    return {name: value for name, value in kept.items() if value}


def post_update(
    session: Session,
    incident_id: str,
    draft: UpdateDraft,
    *,
    now: datetime,
    author_id: str | None = None,
    expected_version: int | None = None,
) -> Incident:
    """Say something on an incident; `resolved` ends it, an open status on a resolved one reopens it.

    `incident_id` is its id or the organisation's reference. `expected_version` is the version the
    writer was looking at.

    Raises:
        NotFoundError: there is no such incident.
        StaleVersionError: somebody posted since.
        RefusedError: an unknown component, an update that breaks a rule, or an end before the listed
            checks have passed (R54).
    """
    row = locked_incident(session, incident_id)
    if expected_version is not None and row.version != expected_version:
        raise StaleVersionError("Somebody posted an update while you were writing. Yours is kept.", current=row.version)
    _check_step(IncidentStatus(row.status), draft.status)
    check_resolution(session, row, draft, now)
    draft = _with_implied_components(session, row, draft)
    _say(session, row, draft, now, author_id)
    row.version += 1
    return _reload(session, row.id)


def _check_step(current: IncidentStatus, wanted: IncidentStatus) -> None:
    if wanted is IncidentStatus.POSTMORTEM and current.is_open:
        raise RefusedError({"status": "Resolve the incident before you publish what was learned."})


def locked_incident(session: Session, incident_id: str) -> IncidentRow:
    """The row of an incident, which nobody else changes until the transaction ends.

    Raises:
        NotFoundError: there is no such incident.
    """
    row = incident_row(session, incident_id)
    if row is None:
        raise NotFoundError(f"There is no incident “{incident_id}”.")
    session.refresh(row, with_for_update=True)
    return row


def _components_now(session: Session, *, drills: bool) -> tuple[Component, ...]:
    """Live components with the worst that open incidents and work in progress say of them."""
    opened = open_incidents(session, drills=drills)
    return live_components(session, states_now(opened, unfinished_maintenances(session)))


def severity_from(session: Session, states: Mapping[str, ComponentStatus]) -> Severity:
    """The severity that is suggested when these components, by slug, are all that is wrong."""
    return suggested_severity(alone(live_components(session), states))


def _with_implied_components(session: Session, row: IncidentRow, draft: UpdateDraft) -> UpdateDraft:
    """Resolving frees every component; reopening brings back the states from before."""
    given = dict(draft.components or {})
    if not draft.status.is_open:
        return replace(draft, components=dict.fromkeys(_states(session, row.id), ComponentStatus.OPERATIONAL) | given)
    if IncidentStatus(row.status).is_open or given:
        return replace(draft, components=given)
    return replace(draft, components=_states_before_resolution(session, row.id))


def _states(session: Session, incident_id: str) -> dict[str, ComponentStatus]:
    rows = session.exec(
        select(ComponentRow.slug, IncidentComponentRow.status)
        .join(ComponentRow, col(ComponentRow.id) == IncidentComponentRow.component_id)
        .where(IncidentComponentRow.incident_id == incident_id)
    )
    return {slug: ComponentStatus(status) for slug, status in rows}


def _states_before_resolution(session: Session, incident_id: str) -> dict[str, ComponentStatus]:
    ended = session.exec(
        select(IncidentUpdateRow)
        .where(IncidentUpdateRow.incident_id == incident_id, IncidentUpdateRow.status == IncidentStatus.RESOLVED)
        .order_by(col(IncidentUpdateRow.position).desc())
    ).first()
    changes = ended.changes if ended else []
    return {change["slug"]: ComponentStatus(change["old"]) for change in changes}


def _say(
    session: Session,
    row: IncidentRow,
    draft: UpdateDraft,
    now: datetime,
    author_id: str | None,
) -> None:
    """Check, write the update, move the incident, record the event."""
    changes = _change_components(session, row.id, draft.components or {})
    components = _components_now(session, drills=row.is_drill)
    draft = fill_headings(draft.cleaned(), components, _states(session, row.id))
    check_update(draft, severity=Severity(row.severity) if row.severity else None, now=now)
    _check_event(row, draft)
    if row.version == 1 and row.severity == Severity.LOW and draft.status.is_open:
        check_way_round(draft.headings.how_to_reach, "how_to_reach")
    check_words(session, draft)
    said = IncidentUpdateRow(
        number=take_numbers(session, "update"),
        incident_id=row.id,
        position=_next_position(session, row.id),
        status=draft.status,
        body=draft.body,
        what_happened=draft.headings.what_happened,
        what_we_are_doing=draft.headings.what_we_are_doing,
        what_is_affected=draft.headings.what_is_affected,
        how_to_reach=draft.headings.how_to_reach,
        footnote=draft.footnote,
        display_at=now,
        next_update_at=draft.next_update_at if draft.status.is_open else None,
        deliver_notifications=draft.notify,
        changes=stored_changes(changes),
        author_id=author_id,
        created_at=now,
        updated_at=now,
    )
    session.add(said)
    _note_said(session, row, said, now)
    _move(row, draft.status, now)
    event = record(session, UpdatePosted(incident_id=row.id, update_id=said.id, notify=draft.notify), now)
    if draft.notify:
        tell_of_incident(session, event, row, said, components, now, message=draft.event)
    if draft.status is IncidentStatus.RESOLVED:
        tell_of_solution(session, row.id, now=now)


def _check_event(row: IncidentRow, draft: UpdateDraft) -> None:
    """Words about a deadline need one."""
    if draft.event is MessageEvent.DEADLINE_RELIEF and not row.relief:
        raise RefusedError({"event": "This incident extends no deadlines yet. State the relief first."})
    if draft.event is MessageEvent.VENDOR_CLOSING and "deadline_at" not in row.details:
        raise RefusedError({"event": "State the supplier's last day first."})


def check_way_round(said: str, field: str) -> None:
    """Refuse *low* where members can do nothing instead (R5).

    Raises:
        RefusedError: no workaround stands there; the reason under that field.
    """
    if not has_way_round(said):
        raise RefusedError({field: "Low means that there is a way round. Say which, or choose medium."})


def check_words(session: Session, draft: UpdateDraft) -> None:
    """Refuse a person beside a fault, doubt of members, and phrases that say nothing (R13, R45).

    Raises:
        RefusedError: one stands there; the reason under the field's name.
    """
    texts = {"body": draft.body, "footnote": draft.footnote}
    texts |= dict(zip(HEADING_FIELDS, draft.headings.as_tuple(), strict=True))
    problems = refusals(texts, account_names(session))
    if problems:
        raise RefusedError(problems)


def _note_said(session: Session, row: IncidentRow, said: IncidentUpdateRow, now: datetime) -> None:
    """Into the audit log before the incident moves: what was said, in full, and what it was before."""
    is_first = said.position == 0
    after = {"title": row.title, "severity": row.severity, "urgency": row.urgency} if is_first else {}
    note(
        session,
        "incident.opened" if is_first else "incident.updated",
        Subject("incident", row.id),
        before=None if is_first else {"status": row.status},
        after=after | said_facts(said),
        now=now,
    )


def _move(row: IncidentRow, status: IncidentStatus, now: datetime) -> None:
    if status is IncidentStatus.MONITORING and row.monitoring_at is None:
        row.monitoring_at = now
    was_open = IncidentStatus(row.status).is_open
    if status.is_open and not was_open:
        _reopen(row)
    elif was_open and not status.is_open:
        row.resolved_at = now
    row.status = status
    row.updated_at = now


def _reopen(row: IncidentRow) -> None:
    """It is not over after all: whoever had gone on to the review looks for the cause again."""
    row.resolved_at, row.closed_at, row.relieved_at, row.fixed_at, row.fix = None, None, None, None, None
    if row.stage in (Stage.RECOVERY, Stage.REVIEW):
        row.stage = Stage.INVESTIGATION


def _next_position(session: Session, incident_id: str) -> int:
    taken = select(IncidentUpdateRow.position).where(IncidentUpdateRow.incident_id == incident_id)
    return max(session.exec(taken), default=-1) + 1


def _change_components(
    session: Session, incident_id: str, states: Mapping[str, ComponentStatus]
) -> list[ComponentChange]:
    found = components_named(session, states) if states else {}
    return [_change(session, incident_id, found[slug], status) for slug, status in states.items()]


def components_named(session: Session, slugs: Collection[str]) -> dict[str, ComponentRow]:
    """The rows of these components by slug.

    Raises:
        RefusedError: one of them is no component here (field "components").
    """
    found = {row.slug: row for row in session.exec(select(ComponentRow).where(col(ComponentRow.slug).in_(slugs)))}
    unknown = ", ".join(f"“{slug}”" for slug in sorted(set(slugs) - found.keys()))
    if unknown:
        raise RefusedError({"components": f"There is no component {unknown}."})
    return found


def _change(session: Session, incident_id: str, component: ComponentRow, status: ComponentStatus) -> ComponentChange:
    row = session.get(IncidentComponentRow, (incident_id, component.id))
    old = ComponentStatus(row.status) if row else ComponentStatus.OPERATIONAL
    if row is None:
        session.add(
            IncidentComponentRow(
                incident_id=incident_id, component_id=component.id, status=status, position=component.position
            )
        )
    else:
        row.status = status
    return ComponentChange(slug=component.slug, name=component.name, old=old, new=status)


def _reload(session: Session, incident_id: str) -> Incident:
    session.flush()
    return incidents_by_id(session, [incident_id])[incident_id]
