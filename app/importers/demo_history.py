"""The past incidents of the demo file as records to import."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.commands.imported import (
    ImportedChange,
    ImportedIncident,
    ImportedMaintenance,
    ImportedRecord,
    ImportedUpdate,
)
from app.domain.components import ComponentStatus
from app.domain.incidents import DeadlineRelief, IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.severity import Kind, Severity, Urgency, impact_of
from app.importers.demo_file import as_json

_WELL = ComponentStatus.OPERATIONAL
_EASED = {ComponentStatus.MAJOR_OUTAGE: ComponentStatus.DEGRADED_PERFORMANCE}
_WHOLE = {IncidentStatus.RESOLVED, MaintenanceStatus.SCHEDULED, MaintenanceStatus.COMPLETED}
_FOOTNOTE = "Footnote: "
_READ = {"id", "title", "kind", "severity", "started_at", "resolved_at", "components", "updates", "deadline_relief"}

_Status = IncidentStatus | MaintenanceStatus
_States = Mapping[str, ComponentStatus]


def imported_records(raw: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[ImportedRecord]:
    """The file's incidents, oldest first; `names` are those of its components by key."""
    ordered = sorted(raw, key=lambda item: item["started_at"])
    return [
        _maintenance(item, names) if item["kind"] == Kind.MAINTENANCE else _incident(item, names) for item in ordered
    ]


def _incident(raw: Mapping[str, Any], names: Mapping[str, str]) -> ImportedIncident:
    severity = Severity(raw["severity"])
    states = _states(raw)
    updates = tuple(_updates(raw, [_incident_status(said["status"]) for said in raw["updates"]], states, names))
    watched = (update.said_at for update in updates if update.status is IncidentStatus.MONITORING)
    return ImportedIncident(
        external_id=raw["id"],
        reference=raw["id"],
        title=raw["title"],
        kind=Kind(raw["kind"]),
        severity=severity,
        urgency=Urgency(raw["urgency_log"][-1]["urgency"]),
        impact=impact_of(severity),
        status=IncidentStatus.RESOLVED,
        started_at=raw["started_at"],
        monitoring_at=next(watched, None),
        resolved_at=raw["resolved_at"],
        created_at=updates[0].created_at,
        updated_at=updates[-1].updated_at,
        updates=updates,
        states=dict.fromkeys(states, _WELL),
        relief=_relief(raw.get("deadline_relief")),
        details=as_json({name: value for name, value in raw.items() if name not in _READ}),
    )


def _maintenance(raw: Mapping[str, Any], names: Mapping[str, str]) -> ImportedMaintenance:
    states = _states(raw)
    updates = tuple(_updates(raw, [MaintenanceStatus(said["status"]) for said in raw["updates"]], states, names))
    return ImportedMaintenance(
        external_id=raw["id"],
        reference=raw["id"],
        title=raw["title"],
        status=MaintenanceStatus.COMPLETED,
        scheduled_for=raw["started_at"],
        scheduled_until=raw["planned_end"],
        started_at=raw["started_at"],
        completed_at=raw["resolved_at"],
        created_at=updates[0].created_at,
        updated_at=updates[-1].updated_at,
        updates=updates,
        states=dict.fromkeys(states, _WELL),
    )


def _incident_status(word: str) -> IncidentStatus:
    return IncidentStatus.INVESTIGATING if word == "reopened" else IncidentStatus(word)


def _states(raw: Mapping[str, Any]) -> dict[str, ComponentStatus]:
    """What was wrong with each component: the file also knows "at risk" and "isolated", which are working."""
    words = {item["key"]: item["state"] for item in raw["components"]}
    return {key: _WELL if word.startswith("operational") else ComponentStatus(word) for key, word in words.items()}


def _updates(
    raw: Mapping[str, Any], statuses: Sequence[_Status], states: _States, names: Mapping[str, str]
) -> Iterator[ImportedUpdate]:
    before: _States = dict.fromkeys(states, _WELL)
    for number, (said, status) in enumerate(zip(raw["updates"], statuses, strict=True), start=1):
        after = _states_while(status, states)
        text, _, footnote = said["text"].partition(_FOOTNOTE)
        yield ImportedUpdate(
            external_id=str(number),
            status=status,
            body=text.strip(),
            footnote=footnote[:1].upper() + footnote[1:],
            display_at=said["at"],
            created_at=said["at"],
            updated_at=said["at"],
            next_update_at=said.get("next"),
            changes=tuple(
                ImportedChange(key, names[key], before[key], after[key]) for key in states if before[key] != after[key]
            ),
        )
        before = after


def _states_while(status: _Status, states: _States) -> _States:
    """The file gives each component one state. While the fix is being watched, what had stopped is open again."""
    if status in _WHOLE:
        return dict.fromkeys(states, _WELL)
    if status is IncidentStatus.MONITORING:
        return {key: _EASED.get(state, state) for key, state in states.items()}
    return states


def _relief(raw: Mapping[str, Any] | None) -> DeadlineRelief | None:
    return DeadlineRelief(raw["from"], raw["to"], tuple(raw["rules"]), raw["authority"]) if raw else None
