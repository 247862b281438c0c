"""What an update would be if it were said now: worked out as `app.commands.incidents` does, and nothing is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from app.commands.incidents import IncidentDraft
from app.commands.notices import worst_so_far
from app.commands.telling import incident_content
from app.domain.audience import touched_components
from app.domain.components import Component, ComponentStatus
from app.domain.composing import fill_headings, under
from app.domain.incidents import (
    AffectedComponent,
    ComponentChange,
    Incident,
    IncidentUpdate,
    UpdateDraft,
    component_states,
)
from app.domain.maintenance import Maintenance, states_now
from app.domain.severity import Severity, Urgency, impact_of
from app.store.incidents import IncidentRow, IncidentUpdateRow, incident_row, stored_changes
from app.store.notices import notices_about
from app.store.organisation import the_organisation

UNBORN = "preview00000"
"""The id of what was not said yet."""

UNNAMED = "A service"
"""What a preview calls it while nothing is chosen, so that every sentence around it still reads."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """An update that was not said.

    `said` is the draft with its headings filled, `incident` has it at its end, `opened` are all open
    incidents with this one, `components` stand as they would. `content` is what its notice would
    carry, `audience` whose subscribers it concerns.
    """

    said: UpdateDraft
    incident: Incident
    opened: tuple[Incident, ...]
    components: tuple[Component, ...]
    content: Mapping[str, object]
    audience: frozenset[str]


def rehearse(
    session: Session,
    draft: IncidentDraft,
    before: Incident | None,
    reported: Sequence[Component],
    opened: Sequence[Incident],
    works: Sequence[Maintenance],
    *,
    severity: Severity,
    now: datetime,
) -> Rehearsal:
    """Say `draft.first_update` on the incident `before`, or as the first words of a new one, without saying it.

    `reported` are the components on the page with nothing but their own reported status, `opened` and
    `works` what is going on now. What a rule would refuse is rehearsed all the same.
    """
    incident = before or _opened(draft, severity, the_organisation(session).urgency_of(severity), now)
    said = draft.first_update.cleaned()
    changes = _changes(incident, said, {item.slug: item.name for item in reported})
    incident = _with_states(incident, changes)
    others = [item for item in opened if item.id != incident.id]
    own = {item.slug: item.status for item in incident.components}
    standing = replace(incident, status=said.status)
    components = under(reported, states_now([*others, standing], works))
    said = fill_headings(said, components, own)
    incident = _with_update(incident, said, changes, now)
    row = (incident_row(session, before.id) if before else None) or _row(incident, draft)
    content = incident_content(row, _update_row(incident), said.event)
    told = [change for update in incident.updates for change in stored_changes(update.changes)]
    audience = touched_components(components, worst_so_far(told))
    for notice in notices_about(session, incident.id) if before else ():
        audience |= set(notice.audience)
    going_on = (incident, *others) if incident.is_open else tuple(others)
    return Rehearsal(said, incident, going_on, components, content, frozenset(audience))


def _opened(draft: IncidentDraft, severity: Severity, urgency: Urgency, now: datetime) -> Incident:
    return Incident(
        id=UNBORN,
        number=0,
        title=draft.title or UNNAMED,
        kind=draft.kind,
        impact=impact_of(severity),
        status=draft.first_update.status,
        started_at=draft.started_at or now,
        created_at=now,
        updated_at=now,
        version=0,
        severity=severity,
        urgency=urgency,
        is_drill=draft.is_drill,
    )


def _changes(incident: Incident, draft: UpdateDraft, names: Mapping[str, str]) -> tuple[ComponentChange, ...]:
    """What the update says of components; an end frees every one."""
    standing = component_states([incident]) if incident.updates else {}
    given = dict(draft.components or {})
    if not draft.status.is_open:
        given = dict.fromkeys((item.slug for item in incident.components), ComponentStatus.OPERATIONAL) | given
    return tuple(
        ComponentChange(slug, names[slug], standing.get(slug, ComponentStatus.OPERATIONAL), status)
        for slug, status in given.items()
        if slug in names
    )


def _with_states(incident: Incident, changes: Sequence[ComponentChange]) -> Incident:
    states = {item.slug: item for item in incident.components}
    states |= {change.slug: AffectedComponent(change.slug, change.name, change.new) for change in changes}
    return replace(incident, components=tuple(states.values()))


def _with_update(
    incident: Incident, draft: UpdateDraft, changes: tuple[ComponentChange, ...], now: datetime
) -> Incident:
    newest = incident.newest
    update = IncidentUpdate(
        id=UNBORN,
        number=newest.number + 1 if newest else 1,
        status=draft.status,
        body=draft.body,
        created_at=now,
        updated_at=now,
        display_at=now,
        headings=draft.headings,
        footnote=draft.footnote,
        next_update_at=draft.next_update_at if draft.status.is_open else None,
        deliver_notifications=draft.notify,
        changes=changes,
    )
    ended_at = None if draft.status.is_open else incident.resolved_at or now
    return replace(incident, status=draft.status, resolved_at=ended_at, updates=(*incident.updates, update))


def _row(incident: Incident, draft: IncidentDraft) -> IncidentRow:
    """The row that a new incident would have; it never meets a session."""
    return IncidentRow(
        id=incident.id,
        number=0,
        title=incident.title,
        kind=incident.kind,
        severity=incident.severity,
        impact=incident.impact,
        status=incident.status,
        started_at=incident.started_at,
        created_at=incident.created_at,
        updated_at=incident.updated_at,
        details={"deadline_at": draft.deadline_at.isoformat()} if draft.deadline_at else {},
        is_drill=incident.is_drill,
    )


def _update_row(incident: Incident) -> IncidentUpdateRow:
    """The row that the newest update would have."""
    said = incident.updates[-1]
    return IncidentUpdateRow(
        id=said.id,
        number=said.number,
        incident_id=incident.id,
        position=len(incident.updates) - 1,
        status=said.status,
        body=said.body,
        what_happened=said.headings.what_happened,
        what_we_are_doing=said.headings.what_we_are_doing,
        what_is_affected=said.headings.what_is_affected,
        how_to_reach=said.headings.how_to_reach,
        footnote=said.footnote,
        display_at=said.display_at,
        next_update_at=said.next_update_at,
        changes=stored_changes(said.changes),
        created_at=said.created_at,
        updated_at=said.updated_at,
    )
