"""What is published while the database is away: one post, and the public records with it applied.

The page says it at once; the database learns of it when it is back (continuity.md, "Break-glass").
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.audit import Actor
from app.domain.components import Component, ComponentStatus, worst_status
from app.domain.composing import alone, fill_headings, with_states
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import (
    AffectedComponent,
    ComponentChange,
    Incident,
    IncidentStatus,
    IncidentUpdate,
    UpdateDraft,
    check_title,
    check_update,
    component_states,
)
from app.domain.severity import Kind, default_urgency, impact_of, suggested_severity


@dataclass(frozen=True, slots=True)
class SpooledPost:
    """One post that waits for the database. `key` is its identity: it is taken in once however often it is seen.

    `incident_id` is None for a new incident, whose id will be `new_id`; it has the `title` then.
    """

    key: str
    at: datetime
    by: Actor
    draft: UpdateDraft
    incident_id: str | None = None
    new_id: str = ""
    title: str = ""
    kind: Kind = Kind.OUTAGE


def new_post(
    at: datetime, by: Actor, draft: UpdateDraft, *, incident_id: str | None = None, title: str = ""
) -> SpooledPost:
    """A post with a key of its own; without `incident_id` it opens an incident with that title."""
    key = secrets.token_hex(8)
    return SpooledPost(key, at, by, draft, incident_id, "" if incident_id else f"s{key[:11]}", title)


def with_post(
    incidents: tuple[Incident, ...], components: tuple[Component, ...], post: SpooledPost
) -> tuple[tuple[Incident, ...], tuple[Component, ...]]:
    """The public records with the post applied, by the rules of every post; newest incident first.

    Raises:
        NotFoundError: the incident that it continues is not known.
        RefusedError: it breaks a rule of `check_update`, or names a component that is not there.
    """
    known = {item.id: item for item in incidents}
    before = known.get(post.incident_id or "")
    if post.incident_id is not None and before is None:
        raise NotFoundError("The incident that this continues is not on the page.")
    _check_components(post, components)
    said = _said(post, before, components, incidents)
    after = _opened(post, said, components, incidents) if before is None else _continued(before, said)
    rest = tuple(after if item.id == after.id else item for item in incidents)
    moved = rest if before else (after, *rest)
    touched = {item.slug for item in after.components}
    return moved, _components_after(components, moved, touched)


def _check_components(post: SpooledPost, components: Iterable[Component]) -> None:
    unknown = sorted((post.draft.components or {}).keys() - {item.slug for item in components})
    if unknown:
        raise RefusedError({"components": f"There is no component “{unknown[0]}”."})
    if post.incident_id is None:
        check_title(post.title)
        if not post.draft.status.is_open:
            raise RefusedError({"status": "A new incident cannot start as resolved."})


def _said(
    post: SpooledPost, before: Incident | None, components: tuple[Component, ...], incidents: tuple[Incident, ...]
) -> IncidentUpdate:
    """The update as the page shows it."""
    own = _states(before)
    given = _given(post.draft, own)
    after = own | given
    draft = fill_headings(post.draft.cleaned(), with_states(components, given), after)
    severity = before.severity if before else suggested_severity(alone(components, after))
    check_update(draft, severity=severity, now=post.at)
    names = {item.slug: item.name for item in components}
    numbers = (update.number for incident in incidents for update in incident.updates)
    return IncidentUpdate(
        id=f"u{post.key[:11]}",
        number=max(numbers, default=0) + 1,
        status=draft.status,
        body=draft.body,
        created_at=post.at,
        updated_at=post.at,
        display_at=post.at,
        headings=draft.headings,
        footnote=draft.footnote,
        next_update_at=draft.next_update_at if draft.status.is_open else None,
        deliver_notifications=draft.notify,
        changes=tuple(
            ComponentChange(slug, names[slug], own.get(slug, ComponentStatus.OPERATIONAL), status)
            for slug, status in given.items()
            if slug in names
        ),
    )


def _states(incident: Incident | None) -> dict[str, ComponentStatus]:
    return {item.slug: item.status for item in incident.components} if incident else {}


def _given(draft: UpdateDraft, own: Mapping[str, ComponentStatus]) -> dict[str, ComponentStatus]:
    """Resolving frees every component of the incident."""
    freed = {} if draft.status.is_open else dict.fromkeys(own, ComponentStatus.OPERATIONAL)
    return freed | dict(draft.components or {})


def _opened(
    post: SpooledPost, said: IncidentUpdate, components: tuple[Component, ...], incidents: tuple[Incident, ...]
) -> Incident:
    states = {change.slug: change.new for change in said.changes}
    severity = suggested_severity(alone(components, states))
    return Incident(
        id=post.new_id,
        number=max((item.number for item in incidents), default=0) + 1,
        title=post.title,
        kind=post.kind,
        impact=impact_of(severity),
        status=said.status,
        started_at=post.at,
        created_at=post.at,
        updated_at=post.at,
        version=1,
        severity=severity,
        urgency=default_urgency(severity),
        updates=(said,),
        components=_affected(said, ()),
    )


def _continued(before: Incident, said: IncidentUpdate) -> Incident:
    is_over = not said.status.is_open
    is_watched = said.status is IncidentStatus.MONITORING and before.monitoring_at is None
    return replace(
        before,
        status=said.status,
        updated_at=said.created_at,
        version=before.version + 1,
        resolved_at=(before.resolved_at or said.created_at) if is_over else None,
        monitoring_at=said.created_at if is_watched else before.monitoring_at,
        updates=(*before.updates, said),
        components=_affected(said, before.components),
    )


def _affected(said: IncidentUpdate, before: tuple[AffectedComponent, ...]) -> tuple[AffectedComponent, ...]:
    found = {item.slug: item for item in before}
    found |= {change.slug: AffectedComponent(change.slug, change.name, change.new) for change in said.changes}
    return tuple(found.values())


def _components_after(
    components: tuple[Component, ...], incidents: tuple[Incident, ...], touched: set[str]
) -> tuple[Component, ...]:
    """Components that the incident touches stand as the open incidents say; the others as they stood."""
    worst = component_states(incidents)
    fine = ComponentStatus.OPERATIONAL
    return tuple(
        replace(item, status=worst_status((worst.get(item.slug, fine),))) if item.slug in touched else item
        for item in components
    )
