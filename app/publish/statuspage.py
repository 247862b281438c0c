"""Statuspage's public API v2, field for field as recorded from the vendor (statuspage.md).

Ours are extra fields at the end of an object, under names that Statuspage does not use: `reach`
and `direct_link` on a component, `next_update_at` on an incident and on its updates. Absent is an
explicit null, times have exactly three fraction digits, and bodies are as they were written.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, TypeVar

from app.domain.components import Component, ComponentGroup, worst_status
from app.domain.incidents import AffectedComponent, ComponentChange, Incident
from app.domain.maintenance import Maintenance
from app.domain.reach import WayIn
from app.domain.severity import Impact
from app.publish.addresses import absolute, incident_path
from app.publish.documents import JSON, Effort
from app.publish.language import Language
from app.publish.parts import Part
from app.publish.snapshot import PublicSnapshot
from app.publish.wording import Record, Update, full_text

Fields = dict[str, Any]
AnyRecord = TypeVar("AnyRecord", Incident, Maintenance)

LIMIT = 50
"""The most incidents, or pieces of planned work, in one list."""


def statuspage_parts(snapshot: PublicSnapshot) -> list[Part]:
    """Every document below `/api/v2/`. Their inputs are the finished objects: one moved, one rendered."""
    api = Api(snapshot)
    upcoming, active = snapshot.upcoming_maintenances, snapshot.active_maintenances
    components: Fields = {"components": api.flat}
    unresolved: Fields = {"incidents": api.incidents(snapshot.open_incidents)}
    status: Fields = {"status": _status(snapshot)}
    documents = {
        "summary": components | unresolved | api.work((*upcoming, *active)) | status,
        "status": status,
        "components": components,
        "incidents": {"incidents": api.incidents(snapshot.incidents)},
        "incidents/unresolved": unresolved,
        "scheduled-maintenances": api.work(snapshot.maintenances),
        "scheduled-maintenances/upcoming": api.work(upcoming),
        "scheduled-maintenances/active": api.work(active),
    }
    page: Fields = {"page": page_object(snapshot)}
    return [
        Part(f"/api/v2/{name}.json", encoded, (page | fields,), JSON, Effort.QUICK)
        for name, fields in documents.items()
    ]


def encoded(fields: Fields) -> bytes:
    """An object as compact JSON in UTF-8."""
    # A lone surrogate, which JSON can smuggle in, must not stop the page from being published.
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")


def page_object(snapshot: PublicSnapshot) -> Fields:
    """The page itself, which changed last when the newest thing on it did."""
    organisation = snapshot.organisation
    records: list[ComponentGroup | Component | Record] = [*snapshot.groups, *snapshot.components]
    records += [*snapshot.incidents, *snapshot.maintenances]
    return {
        "id": organisation.id,
        "name": organisation.name,
        "url": snapshot.public_url,
        "time_zone": organisation.day.time_zone,
        "updated_at": moment_text(max((organisation.updated_at, *(record.updated_at for record in records)))),
    }


def _status(snapshot: PublicSnapshot) -> Fields:
    indicator, description = snapshot.indicator
    return {"indicator": indicator.value, "description": description}


def moment_text(moment: datetime) -> str:
    """A moment as Statuspage writes it: UTC, with exactly three fraction digits."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe_moment(moment: datetime | None) -> str | None:
    """The same, or an explicit null."""
    return None if moment is None else moment_text(moment)


class Api:
    """The objects of one snapshot, the same wherever they are told: v2, v1, webhooks.

    `flat` is the list of components and groups as clients get it.
    """

    def __init__(self, snapshot: PublicSnapshot) -> None:
        self._page_id = snapshot.organisation.id
        self._public_url = snapshot.public_url
        self._language = Language("en", snapshot.organisation.zone)
        self._ids = {component.slug: component.id for component in snapshot.components}
        self.flat = _Components(snapshot).flat()
        self._by_id = {item["id"]: item for item in self.flat}

    def incidents(self, incidents: Iterable[Incident]) -> list[Fields]:
        """Incidents, newest first, the most that one list holds."""
        return [self._incident(incident) for incident in _newest_first(incidents)]

    def work(self, maintenances: Iterable[Maintenance]) -> Fields:
        """Planned work under its own key, newest first, the most that one list holds."""
        return {"scheduled_maintenances": [self._maintenance(item) for item in _newest_first(maintenances)]}

    def record(self, record: Record) -> Fields:
        """One incident or piece of planned work."""
        return self._incident(record) if isinstance(record, Incident) else self._maintenance(record)

    def _incident(self, incident: Incident) -> Fields:
        return self._record(
            incident,
            monitoring_at=incident.monitoring_at,
            resolved_at=incident.resolved_at,
            impact=incident.impact,
            started_at=incident.started_at,
        ) | {"next_update_at": maybe_moment(incident.promised_at)}

    def _maintenance(self, work: Maintenance) -> Fields:
        return self._record(
            work,
            monitoring_at=None,
            resolved_at=work.completed_at,
            impact=Impact.MAINTENANCE,
            # Clients expect the moment of the announcement here, and the window in its own fields.
            started_at=work.created_at,
        ) | {
            "scheduled_for": moment_text(work.scheduled_for),
            "scheduled_until": moment_text(work.scheduled_until),
            "next_update_at": maybe_moment(work.promised_at),
        }

    def _record(
        self,
        record: Record,
        *,
        monitoring_at: datetime | None,
        resolved_at: datetime | None,
        impact: Impact,
        started_at: datetime,
    ) -> Fields:
        return {
            "id": record.id,
            "name": record.title,
            "status": record.status.value,
            "created_at": moment_text(record.created_at),
            "updated_at": moment_text(record.updated_at),
            "monitoring_at": maybe_moment(monitoring_at),
            "resolved_at": maybe_moment(resolved_at),
            "impact": impact.value,
            "shortlink": absolute(self._public_url, incident_path(record.id)),
            "started_at": moment_text(started_at),
            "page_id": self._page_id,
            "incident_updates": self._updates(record),
            "components": self._components(record.components),
            "reminder_intervals": None,
        }

    def _updates(self, record: Record) -> list[Fields]:
        said = [self._update(update, record.id) for update in record.updates[::-1]]
        return said or [_silent(record)]

    def _update(self, update: Update, record_id: str) -> Fields:
        return {
            "id": update.id,
            "status": update.status.value,
            "body": full_text(update, self._language),
            "incident_id": record_id,
            "created_at": moment_text(update.created_at),
            "updated_at": moment_text(update.updated_at),
            "display_at": moment_text(update.said_at),
            "affected_components": [self._change(change) for change in update.changes] or None,
            "deliver_notifications": update.deliver_notifications,
            "custom_tweet": None,
            "tweet_id": None,
            "next_update_at": maybe_moment(update.next_update_at),
        }

    def _change(self, change: ComponentChange) -> Fields:
        return {
            "code": self._ids.get(change.slug, change.slug),
            "name": change.name,
            "old_status": change.old.value,
            "new_status": change.new.value,
        }

    def _components(self, affected: Iterable[AffectedComponent]) -> list[Fields]:
        return [self._by_id[self._ids[item.slug]] for item in affected if item.slug in self._ids]


def _silent(record: Record) -> Fields:
    """The update that clients count on, for an imported record that came without any."""
    at = moment_text(record.created_at)
    return {
        "id": record.id,
        "status": record.status.value,
        "body": record.title,
        "incident_id": record.id,
        "created_at": at,
        "updated_at": at,
        "display_at": at,
        "affected_components": None,
        "deliver_notifications": False,
        "custom_tweet": None,
        "tweet_id": None,
        "next_update_at": None,
    }


def _newest_first(records: Iterable[AnyRecord]) -> list[AnyRecord]:
    return sorted(records, key=lambda record: record.created_at, reverse=True)[:LIMIT]


class _Components:
    """Groups and components of one snapshot as one flat list."""

    def __init__(self, snapshot: PublicSnapshot) -> None:
        self._snapshot = snapshot
        self._group_ids = {group.slug: group.id for group in snapshot.groups}
        self._changed_at = _changed_at(snapshot)

    def flat(self) -> list[Fields]:
        """By position, which is counted from 1 below each parent; groups before components."""
        groups = self._snapshot.groups
        top: list[Component | ComponentGroup] = [*groups, *self._members(None)]
        top.sort(key=lambda item: item.position)
        numbered = [*enumerate(top, 1), *(pair for group in groups for pair in enumerate(self._members(group), 1))]
        numbered.sort(key=itemgetter(0))
        return [
            self._group(item, number) if isinstance(item, ComponentGroup) else self._component(item, number)
            for number, item in numbered
        ]

    def _members(self, group: ComponentGroup | None) -> Sequence[Component]:
        wanted = group.id if group else None
        return [item for item in self._snapshot.components if self._group_id(item) == wanted]

    def _group_id(self, component: Component) -> str | None:
        return self._group_ids.get(component.group or "")

    def _component(self, component: Component, position: int) -> Fields:
        way = self._snapshot.ways[component.slug]
        return {
            "id": component.id,
            "name": component.name,
            "status": component.status.value,
            "created_at": moment_text(component.created_at),
            "updated_at": moment_text(self._changed_at[component.slug]),
            "position": position,
            "description": component.description or None,
            "showcase": component.showcase,
            "start_date": component.start_on.isoformat() if component.start_on else None,
            "group_id": self._group_id(component),
            "page_id": self._snapshot.organisation.id,
            "group": False,
            "only_show_if_degraded": component.only_show_if_degraded,
            "reach": way.reach.value,
            "direct_link": _direct_link(component, way),
        }

    def _group(self, group: ComponentGroup, position: int) -> Fields:
        members = self._members(group)
        changed = (self._changed_at[member.slug] for member in members)
        return {
            "id": group.id,
            "name": group.name,
            "status": worst_status(member.status for member in members).value,
            "created_at": moment_text(group.created_at),
            "updated_at": moment_text(max((group.updated_at, *changed))),
            "position": position,
            "description": None,
            "showcase": False,
            "start_date": None,
            "group_id": None,
            "page_id": self._snapshot.organisation.id,
            "group": True,
            "only_show_if_degraded": False,
            "components": [member.id for member in members],
        }


def _changed_at(snapshot: PublicSnapshot) -> dict[str, datetime]:
    """When each component last changed: its own record, or the last update that changed its state."""
    found = {component.slug: component.updated_at for component in snapshot.components}
    records: tuple[Record, ...] = (*snapshot.incidents, *snapshot.maintenances)
    for update in (update for record in records for update in record.updates):
        for change in update.changes:
            if change.old is not change.new and change.slug in found:
                found[change.slug] = max(found[change.slug], update.created_at)
    return found


def _direct_link(component: Component, way: WayIn) -> Fields | None:
    """The way around the usual door: the one to use now, or the one that stands ready."""
    link = way.link or component.direct_link
    if not link.is_door:
        return None
    return {
        "url": link.url,
        "auth_mode": link.auth_mode.value,
        "verified_on": link.verified_on.isoformat() if link.verified_on else None,
    }
