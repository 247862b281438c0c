"""Snapshots of the demo organisation as the public would have seen it at a given moment."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.domain.components import (
    AuthMode,
    Component,
    ComponentGroup,
    ComponentStatus,
    DirectLink,
    worst_status,
)
from app.domain.incidents import (
    AffectedComponent,
    ComponentChange,
    DeadlineRelief,
    Headings,
    Incident,
    IncidentStatus,
    IncidentUpdate,
    component_states,
)
from app.domain.maintenance import Maintenance, MaintenanceStatus, MaintenanceUpdate
from app.domain.organisation import Organisation
from app.domain.promises import Day
from app.domain.severity import Kind, Severity, Urgency, impact_of
from app.publish.documents import Source
from app.publish.parts import Part
from app.publish.snapshot import PublicSnapshot

DEMO = Path(__file__).parents[2] / "demo" / "harbor-pines.yaml"

FOUNDED = datetime(2025, 1, 6, 15, 0, tzinfo=UTC)
"""When every component and group of these snapshots was made."""

QUIET = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
"""Noon on the demo's own day: all past incidents are over."""

EASTER = datetime(2026, 4, 5, 2, 52, tzinfo=UTC)
"""9:52 PM on the Saturday before Easter: the dashboard is down and the first update is out."""

EASTER_REFERENCE = "HP-2026-0404"

_EASTER_HEADINGS = Headings(
    what_happened="Nobody can sign in to the member dashboard since about 9:42 PM.",
    what_we_are_doing="Our sign-in supplier is looking at its main site. We are testing every direct sign-in.",
    what_is_affected="Everything you normally open from the dashboard tiles.",
    how_to_reach="Forms, showings, tax records and lockboxes are running: use the direct sign-in list on this page.",
)
_EASTER_RELIEF = DeadlineRelief(
    starts_at=datetime(2026, 4, 5, 2, 42, tzinfo=UTC),
    ends_at=datetime(2026, 4, 6, 22, 0, tzinfo=UTC),
    rules=("listing input within 48 hours", "status change within 24 hours"),
    authority="Harbor & Pines MLS rules committee",
)


def rendered(parts: Callable[[PublicSnapshot], Iterable[Part]], snapshot: PublicSnapshot) -> list[Source]:
    """The documents of a snapshot that one module of `app.publish` makes."""
    return [part.source() for part in parts(snapshot)]


def demo_snapshot(outage: bool = False, at: datetime | None = None) -> PublicSnapshot:
    """What the public saw of the demo organisation at that moment, with all history before it.

    Without `at`: the Easter dashboard outage ten minutes in (`outage=True`), or a quiet day.
    """
    as_of = at or (EASTER if outage else QUIET)
    demo = _demo()
    incidents = [seen for raw in demo["incidents"] if (seen := _incident_at(raw, as_of))]
    maintenances = [seen for raw in demo["incidents"] if (seen := _maintenance_at(raw, as_of))]
    return snapshot_with(replace_state(_components(), incidents, maintenances), incidents, maintenances, as_of=as_of)


def snapshot_with(
    components: Iterable[Component],
    incidents: Iterable[Incident] = (),
    maintenances: Iterable[Maintenance] = (),
    *,
    as_of: datetime = QUIET,
) -> PublicSnapshot:
    """A snapshot of the demo organisation with exactly these components and records."""
    return PublicSnapshot(
        organisation=_organisation(),
        public_url="https://hpmls-status.example",
        as_of=as_of,
        groups=_groups(),
        components=tuple(components),
        incidents=tuple(sorted(incidents, key=lambda item: item.started_at, reverse=True)),
        maintenances=tuple(sorted(maintenances, key=lambda item: item.created_at, reverse=True)),
    )


def demo_components(**states: ComponentStatus) -> tuple[Component, ...]:
    """The demo's components, with these own states by slug ("_" for "-")."""
    wanted = {slug.replace("_", "-"): status for slug, status in states.items()}
    return tuple(replace(item, status=wanted.get(item.slug, item.status)) for item in _components())


def identity(*parts: object) -> str:
    """Twelve lowercase alphanumerics that depend on the parts alone."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def replace_state(
    components: Iterable[Component], incidents: Iterable[Incident], maintenances: Iterable[Maintenance]
) -> tuple[Component, ...]:
    """Components with their effective status: the worst that open incidents and active work give."""
    states = component_states(incidents)
    for work in maintenances:
        for item in work.components:
            states[item.slug] = worst_status((work.component_status(), states.get(item.slug, item.status)))
    return tuple(
        replace(item, status=worst_status((item.status, states.get(item.slug, item.status)))) for item in components
    )


@cache
def _demo() -> dict[str, Any]:
    with DEMO.open(encoding="utf-8") as source:
        demo: dict[str, Any] = yaml.safe_load(source)
    return demo


@cache
def _organisation() -> Organisation:
    raw = _demo()["organisation"]
    return Organisation(
        id=identity("organisation"),
        name=raw["name"],
        short_name=raw["short_name"],
        day=Day(time_zone=raw["time_zone"]),
        created_at=FOUNDED,
        updated_at=FOUNDED,
        also_show_time_zone=raw["also_show_time_zone"],
        help_desk_phone=raw["help_desk"]["phone"],
        help_desk_hours=raw["help_desk"]["hours"],
        announcement_phone=raw["announcement_line"]["phone"],
        status_site=raw["status_site"],
    )


@cache
def _groups() -> tuple[ComponentGroup, ...]:
    return tuple(
        ComponentGroup(identity("group", raw["key"]), raw["key"], raw["name"], position, FOUNDED, FOUNDED)
        for position, raw in enumerate(_demo()["component_groups"], 1)
    )


@cache
def _components() -> tuple[Component, ...]:
    return tuple(_component(raw, position) for position, raw in enumerate(_demo()["components"], 1))


def _component(raw: Mapping[str, Any], position: int) -> Component:
    return Component(
        id=identity("component", raw["key"]),
        slug=raw["key"],
        name=raw["name"],
        position=position,
        created_at=FOUNDED,
        updated_at=FOUNDED,
        group=raw["group"],
        requires=tuple(raw["requires"]),
        reached_via=tuple(raw["reached_via"]),
        direct_link=_direct_link(raw["direct"]),
        unattended=raw.get("unattended", False),
        agents_say=raw["agents_say"],
        is_it_down=tuple(raw["is_it_down"]),
        cannot_do=raw.get("cannot_do", ""),
        still_can=raw.get("still_can", ""),
        workaround=raw["workaround"],
        phone_support=raw["phone_support"],
        normal_url=raw.get("normal_url"),
        start_on=date(2025, 1, 6),
    )


def _direct_link(raw: Mapping[str, Any]) -> DirectLink:
    return DirectLink(
        url=raw["url"],
        auth_mode=AuthMode(raw["auth_mode"]),
        verified_on=raw.get("verified"),
        first_time=raw.get("first_time", ""),
        note=raw.get("note", ""),
        app=raw.get("app", ""),
    )


def _incident_at(raw: Mapping[str, Any], as_of: datetime) -> Incident | None:
    """The incident with what had been said by then; None before its first word."""
    said = [update for update in raw["updates"] if _moment(update["at"]) <= as_of]
    if raw["kind"] == Kind.MAINTENANCE or not said:
        return None
    updates = _incident_updates(raw, said)
    last = updates[-1]
    severity = Severity(raw["severity"])
    watched = [update.said_at for update in updates if update.status is IncidentStatus.MONITORING]
    return Incident(
        id=identity("incident", raw["id"]),
        number=_number(raw),
        reference=raw["id"],
        title=raw["title"],
        kind=Kind(raw["kind"]),
        severity=severity,
        urgency=Urgency(raw["urgency_log"][0]["urgency"]),
        impact=impact_of(severity),
        status=last.status,
        started_at=_moment(raw["started_at"]),
        created_at=updates[0].created_at,
        updated_at=last.updated_at,
        monitoring_at=watched[-1] if watched else None,
        resolved_at=None if last.status.is_open else last.said_at,
        version=len(updates),
        updates=updates,
        components=_affected(raw, working=not last.status.is_open or last.status is IncidentStatus.MONITORING),
        relief=_relief(raw),
    )


def _incident_updates(raw: Mapping[str, Any], said: list[Mapping[str, Any]]) -> tuple[IncidentUpdate, ...]:
    updates: list[IncidentUpdate] = []
    working = True
    for position, update in enumerate(said):
        status = IncidentStatus.INVESTIGATING if update["status"] == "reopened" else IncidentStatus(update["status"])
        at = _moment(update["at"])
        was, working = working, status in (IncidentStatus.MONITORING, IncidentStatus.RESOLVED)
        is_easter = raw["id"] == EASTER_REFERENCE and position == 0
        updates.append(
            IncidentUpdate(
                id=identity("update", raw["id"], position),
                number=_number(raw) * 100 + position,
                status=status,
                body=update["text"],
                headings=_EASTER_HEADINGS if is_easter else Headings(),
                created_at=at,
                updated_at=at,
                display_at=at,
                next_update_at=_moment(update["next"]) if "next" in update else None,
                deliver_notifications=True,
                changes=_changes(raw, was, working),
            )
        )
    return tuple(updates)


def _changes(raw: Mapping[str, Any], was_working: bool, is_working: bool) -> tuple[ComponentChange, ...]:
    before, after = _affected(raw, working=was_working), _affected(raw, working=is_working)
    return tuple(
        ComponentChange(old.slug, old.name, old.status, new.status) for old, new in zip(before, after, strict=True)
    )


def _affected(raw: Mapping[str, Any], *, working: bool) -> tuple[AffectedComponent, ...]:
    names = {item.slug: item.name for item in _components()}
    known = set(ComponentStatus)
    return tuple(
        AffectedComponent(
            item["key"],
            names[item["key"]],
            ComponentStatus.OPERATIONAL if working or item["state"] not in known else ComponentStatus(item["state"]),
        )
        for item in raw["components"]
    )


def _relief(raw: Mapping[str, Any]) -> DeadlineRelief | None:
    if raw["id"] == EASTER_REFERENCE:
        return _EASTER_RELIEF
    if "deadline_relief" not in raw:
        return None
    stated = raw["deadline_relief"]
    return DeadlineRelief(_moment(stated["from"]), _moment(stated["to"]), tuple(stated["rules"]), stated["authority"])


def _maintenance_at(raw: Mapping[str, Any], as_of: datetime) -> Maintenance | None:
    said = [update for update in raw["updates"] if _moment(update["at"]) <= as_of]
    if raw["kind"] != Kind.MAINTENANCE or not said:
        return None
    updates = tuple(_maintenance_update(raw, position, update) for position, update in enumerate(said))
    status = updates[-1].status
    started, ended = _moment(raw["started_at"]), _moment(raw["resolved_at"])
    return Maintenance(
        id=identity("incident", raw["id"]),
        number=_number(raw),
        reference=raw["id"],
        title=raw["title"],
        status=status,
        scheduled_for=started,
        scheduled_until=_moment(raw["planned_end"]),
        created_at=updates[0].created_at,
        updated_at=updates[-1].updated_at,
        version=len(updates),
        started_at=None if status is MaintenanceStatus.SCHEDULED else started,
        completed_at=ended if status is MaintenanceStatus.COMPLETED else None,
        verify_for=timedelta(minutes=15),
        components=_affected(raw, working=not status.is_active),
        updates=updates,
    )


def _maintenance_update(raw: Mapping[str, Any], position: int, update: Mapping[str, Any]) -> MaintenanceUpdate:
    at = _moment(update["at"])
    return MaintenanceUpdate(
        id=identity("update", raw["id"], position),
        number=_number(raw) * 100 + position,
        status=MaintenanceStatus(update["status"]),
        body=update["text"],
        created_at=at,
        updated_at=at,
        display_at=at,
        next_update_at=_moment(update["next"]) if "next" in update else None,
        deliver_notifications=True,
    )


def _number(raw: Mapping[str, Any]) -> int:
    return [item["id"] for item in _demo()["incidents"]].index(raw["id"]) + 1


def _moment(value: datetime | str) -> datetime:
    """YAML hands times with an offset over as datetimes; the wire and the store speak UTC."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(UTC)
