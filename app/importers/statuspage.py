"""Statuspage's own documents: what `/api/v2/*.json` and the Manage API's lists hold.

PATH is one of the files, or a folder with any of them. The wire format is in the vendor's
published API description; what real files do with it is in the tests.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.commands.imported import (
    ImportedChange,
    ImportedComponent,
    ImportedIncident,
    ImportedMaintenance,
    ImportedUpdate,
)
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.severity import Impact, Kind, severity_of
from app.importers.fields import Fields, body
from app.importers.reading import file_in, read_json
from app.importers.records import Defects, Record, Skipped

FILES = ("components.json", "summary.json", "incidents.json", "scheduled-maintenances.json")

_LISTS = ("components", "incidents", "scheduled_maintenances")
_FAR = timedelta(hours=1)
_LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
_Status = IncidentStatus | MaintenanceStatus
_COMPONENT_STATUSES = {status.value: status for status in ComponentStatus}
_INCIDENT_STATUSES: dict[str, IncidentStatus] = {status.value: status for status in IncidentStatus}
_MAINTENANCE_STATUSES = {status.value: status for status in MaintenanceStatus}
_IMPACTS = {impact.value: impact for impact in Impact}


def read_statuspage(path: Path, _now: datetime) -> Iterator[Record]:
    """Read one of Statuspage's documents, or a folder of them.

    An incident that stands in several documents is taken from where it was changed last.

    Raises:
        RefusedError: there is no such document, or a file is not one.
    """
    site = _Site()
    for file in _files(path):
        site.take(_lists(file))
    yield from site.records()


def records_of(documents: Mapping[str, bytes]) -> Iterator[Record]:
    """The same from documents that are in hand already, by their names.

    Raises:
        RefusedError: one of them is no such document.
    """
    site = _Site()
    for name, content in documents.items():
        try:
            site.take(_lists_in(json.loads(content), name))
        except ValueError:
            raise RefusedError(f"“{name}” is not JSON.") from None
    yield from site.records()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = [file for name in FILES if (file := file_in(path, name))]
    if not found:
        raise RefusedError(f"There is no {', '.join(FILES[:-1])} or {FILES[-1]} in “{path.name}”.")
    return found


def _lists(path: Path) -> dict[str, list[object]]:
    """The lists of one document. The Manage API gives a bare list where the public one has an object."""
    return _lists_in(read_json(path), path.name)


def _lists_in(content: object, name: str) -> dict[str, list[object]]:
    if isinstance(content, list):
        is_incidents = any(isinstance(item, dict) and "incident_updates" in item for item in content)
        return {"incidents" if is_incidents else "components": content}
    if not isinstance(content, dict) or not any(name in content for name in _LISTS):
        raise RefusedError(f"“{name}” is not a Statuspage document: it has no {', '.join(_LISTS[:-1])} list.")
    for part in _LISTS:
        if not isinstance(content.get(part, []), list):
            raise RefusedError(f"“{name}” is not a Statuspage document: its “{part}” is not a list.")
    return {part: content.get(part, []) for part in _LISTS}


class _Site:
    """Everything read so far, by Statuspage's ids."""

    def __init__(self) -> None:
        self._groups: dict[str, str] = {}
        self._components: dict[str, ImportedComponent] = {}
        self._incidents: dict[str, Mapping[str, object]] = {}
        self._repeated: set[str] = set()
        self._skipped: list[Skipped] = []

    def take(self, lists: Mapping[str, list[object]]) -> None:
        """Remember what one document holds."""
        components = [Fields(item, Defects()) for item in lists.get("components", []) if isinstance(item, dict)]
        self._groups |= {item.text("id"): item.text("name") for item in components if item.is_true("group")}
        for item in components:
            self._take_component(item)
        for name in ("incidents", "scheduled_maintenances"):
            seen: set[str] = set()
            for number, raw in enumerate(lists.get(name, []), start=1):
                self._take_incident(raw, f"{name} {number}", seen)

    def records(self) -> Iterator[Record]:
        """All that was read, as values of ours."""
        yield from self._skipped
        for external_id, raw in self._incidents.items():
            defects = Defects()
            if external_id in self._repeated:
                defects.note("It stands twice in one file; the one that was changed last was kept.")
            yield self._record(Fields(raw, defects))
        yield from self._components.values()

    def _take_component(self, item: Fields) -> None:
        external_id, name = item.text("id"), item.text("name")
        if item.is_true("group"):
            return
        if not external_id or not name:
            self._skipped.append(Skipped(f"component “{name or external_id}”", "It has no id or no name."))
            return
        self._components[external_id] = ImportedComponent(
            external_id=external_id,
            name=name,
            is_live=True,
            group=self._groups.get(item.text("group_id"), ""),
            description=item.text("description", limit=1_000),
            showcase=item.raw.get("showcase") is not False,
            only_show_if_degraded=item.is_true("only_show_if_degraded"),
            start_on=item.day("start_date"),
        )

    def _take_incident(self, raw: object, place: str, seen: set[str]) -> None:
        if not isinstance(raw, dict):
            self._skipped.append(Skipped(place, "It is not a record."))
            return
        external_id = Fields(raw, Defects()).text("id")
        if not external_id:
            self._skipped.append(Skipped(place, "It has no id."))
            return
        if external_id in seen:
            self._repeated.add(external_id)
        seen.add(external_id)
        known = self._incidents.get(external_id)
        if known is None or _changed_at(raw) >= _changed_at(known):
            self._incidents[external_id] = raw

    def _record(self, item: Fields) -> Record:
        name = f"incident “{item.text('name') or item.text('id')}”"
        if item.raw.get("scheduled_for") is not None:
            return self._maintenance(item) or Skipped(name, "It does not say when the work was to be.")
        return self._incident(item) or Skipped(name, "It does not say when it started.")

    def _incident(self, item: Fields) -> ImportedIncident | None:
        updates = self._updates(item, _INCIDENT_STATUSES, IncidentStatus.INVESTIGATING)
        created_at = item.moment("created_at")
        first_said = updates[0].said_at if updates else None
        started_at = item.moment("started_at") or created_at or first_said
        if started_at is None:
            return None
        status = item.choice("status", _INCIDENT_STATUSES, IncidentStatus.INVESTIGATING, "status of an incident")
        impact = item.choice("impact", _IMPACTS, Impact.NONE, "impact")
        return ImportedIncident(
            external_id=item.text("id"),
            title=item.title("name"),
            kind=Kind.OUTAGE,
            impact=impact,
            severity=severity_of(impact),
            status=status,
            started_at=started_at,
            monitoring_at=item.moment("monitoring_at"),
            resolved_at=None if status.is_open else _end(item, "resolved_at", started_at, updates),
            created_at=created_at or started_at,
            updated_at=item.moment("updated_at") or created_at or started_at,
            updates=updates,
            states=self._states(item, updates, is_over=not status.is_open),
            defects=item.defects.sentences(),
        )

    def _maintenance(self, item: Fields) -> ImportedMaintenance | None:
        updates = self._updates(item, _MAINTENANCE_STATUSES, MaintenanceStatus.SCHEDULED)
        scheduled_for = item.moment("scheduled_for")
        if scheduled_for is None:
            return None
        status = item.choice("status", _MAINTENANCE_STATUSES, MaintenanceStatus.COMPLETED, "status of planned work")
        is_over = status is MaintenanceStatus.COMPLETED
        began = next((update.said_at for update in updates if update.status is not MaintenanceStatus.SCHEDULED), None)
        started_at = None if status is MaintenanceStatus.SCHEDULED else began or scheduled_for
        created_at = item.moment("created_at") or scheduled_for
        return ImportedMaintenance(
            external_id=item.text("id"),
            title=item.title("name"),
            status=status,
            scheduled_for=scheduled_for,
            scheduled_until=_planned_end(item, scheduled_for),
            started_at=started_at,
            completed_at=_end(item, "resolved_at", started_at or scheduled_for, updates) if is_over else None,
            created_at=created_at,
            updated_at=item.moment("updated_at") or created_at,
            updates=updates,
            states=self._states(item, updates, is_over=is_over),
            defects=item.defects.sentences(),
        )

    def _updates(
        self,
        incident: Fields,
        statuses: Mapping[str, _Status],
        otherwise: _Status,
    ) -> tuple[ImportedUpdate, ...]:
        """Oldest first: Statuspage lists the newest first, and files from elsewhere as they please."""
        found: dict[str, ImportedUpdate] = {}
        listed = incident.records("incident_updates")
        if not listed:
            incident.defects.note("It has no updates.")
        since = incident.moment("started_at") or incident.moment("created_at")
        for number, item in enumerate(reversed(listed), start=1):
            update = self._update(item, str(number), statuses, otherwise, since)
            if update is None:
                incident.defects.count("update could not be placed in time", "updates could not be placed in time")
            elif update.external_id in found:
                incident.defects.count("update stood there twice", "updates stood there twice")
            else:
                found[update.external_id] = update
        return tuple(sorted(found.values(), key=lambda update: update.said_at))

    def _update(
        self,
        item: Fields,
        number: str,
        statuses: Mapping[str, _Status],
        otherwise: _Status,
        since: datetime | None,
    ) -> ImportedUpdate | None:
        created_at, updated_at = item.moment("created_at"), item.moment("updated_at")
        display_at = item.moment("display_at") or created_at
        first_known = created_at or display_at or since
        if first_known is None:
            return None
        if display_at is None:
            item.defects.count("update does not say when", "updates do not say when")
        _note_times(item.defects, created_at, updated_at, display_at)
        return ImportedUpdate(
            external_id=item.text("id") or f"number {number}",
            status=item.choice("status", statuses, otherwise, "status"),
            body=body(item.raw.get("body"), item.defects),
            display_at=display_at,
            created_at=first_known,
            updated_at=updated_at or first_known,
            changes=self._changes(item),
        )

    def _changes(self, update: Fields) -> tuple[ImportedChange, ...]:
        if update.raw.get("affected_components") is None:
            update.defects.count(
                "update does not say which components it changed", "updates do not say which components they changed"
            )
        found = {}
        for item in update.records("affected_components"):
            if component := self._component(item, "code"):
                old = item.choice("old_status", _COMPONENT_STATUSES, ComponentStatus.OPERATIONAL, "component status")
                new = item.choice("new_status", _COMPONENT_STATUSES, ComponentStatus.OPERATIONAL, "component status")
                found[component] = ImportedChange(component, item.text("name"), old, new)
        return tuple(found.values())

    def _states(
        self, incident: Fields, updates: tuple[ImportedUpdate, ...], *, is_over: bool
    ) -> dict[str, ComponentStatus]:
        """What the incident last said of each component; nothing is wrong with any once it is over."""
        last = {change.component: change.new for update in updates for change in update.changes}
        listed = incident.records("components")
        for item in listed:
            if component := self._component(item, "id"):
                status = _COMPONENT_STATUSES.get(item.text("status"), ComponentStatus.OPERATIONAL)
                last.setdefault(component, status)
        if not last:
            incident.defects.note("It names no component.")
        return dict.fromkeys(last, ComponentStatus.OPERATIONAL) if is_over else last

    def _component(self, item: Fields, key: str) -> str | None:
        """The id of a component that an incident names; one that no document lists is kept as history."""
        name = item.text("name")
        external_id = item.text(key) or next((key for key, it in self._components.items() if it.name == name), name)
        if not external_id:
            item.defects.note("A component has neither an id nor a name.")
            return None
        if external_id not in self._components:
            self._components[external_id] = ImportedComponent(external_id, name or external_id)
        return external_id


def _changed_at(raw: Mapping[str, object]) -> datetime:
    fields = Fields(raw, Defects())
    return fields.moment("updated_at") or fields.moment("created_at") or _LONG_AGO


def _note_times(
    defects: Defects, created_at: datetime | None, updated_at: datetime | None, display_at: datetime | None
) -> None:
    if created_at and updated_at and created_at != updated_at:
        defects.count("update was edited after it was posted", "updates were edited after they were posted")
    if created_at and display_at and abs(display_at - created_at) > _FAR:
        defects.count(
            "update was entered long before or after the time it shows",
            "updates were entered long before or after the time they show",
        )


def _end(item: Fields, name: str, began_at: datetime, updates: tuple[ImportedUpdate, ...]) -> datetime:
    """When it was over. Never before it began: then it began and ended at once."""
    ended_at = item.moment(name)
    if ended_at is None:
        item.defects.note("It does not say when it was over; its last update was taken for that.")
        ended_at = max((update.said_at for update in updates), default=began_at)
    if ended_at < began_at:
        item.defects.note("It was over before it started; its end was set to its start.")
    return max(ended_at, began_at)


def _planned_end(item: Fields, scheduled_for: datetime) -> datetime:
    planned = item.moment("scheduled_until")
    if planned is None or planned < scheduled_for:
        item.defects.note("It has no planned end after its start; the start was taken for both.")
        return scheduled_for
    return planned
