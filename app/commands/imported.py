"""History as an importer hands it over: frozen, cleaned, and known by ids that are not ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import BODY_LIMIT, TITLE_LIMIT, DeadlineRelief, Headings, IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.severity import Impact, Kind, Severity, Urgency


@dataclass(frozen=True, slots=True)
class ImportedComponent:
    """A component that a source knows. Only `is_live` ones go on the page; the rest are history."""

    external_id: str
    name: str
    is_live: bool = False
    group: str = ""
    description: str = ""
    showcase: bool = True
    only_show_if_degraded: bool = False
    start_on: date | None = None


@dataclass(frozen=True, slots=True)
class ImportedChange:
    """What an update said about a component, by its external id and the name it had then."""

    component: str
    name: str
    old: ComponentStatus
    new: ComponentStatus


@dataclass(frozen=True, slots=True)
class ImportedUpdate:
    """One thing that was said. `display_at` is None where nobody wrote down when."""

    external_id: str
    status: IncidentStatus | MaintenanceStatus
    body: str
    display_at: datetime | None
    created_at: datetime
    updated_at: datetime
    changes: tuple[ImportedChange, ...] = ()
    headings: Headings = field(default_factory=Headings)
    footnote: str = ""
    next_update_at: datetime | None = None

    @property
    def said_at(self) -> datetime:
        """When it was said, or the nearest moment that is known."""
        return self.display_at or self.created_at


@dataclass(frozen=True, slots=True)
class ImportedIncident:
    """An incident with its updates, oldest first.

    `states` maps external component ids to the state the incident gives them now. `defects` are
    sentences about what is wrong with the record. An importer never sets an urgency or a promise;
    only our own demonstration file carries them.
    """

    external_id: str
    title: str
    kind: Kind
    impact: Impact
    status: IncidentStatus
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    monitoring_at: datetime | None = None
    updates: tuple[ImportedUpdate, ...] = ()
    states: Mapping[str, ComponentStatus] = field(default_factory=dict)
    severity: Severity | None = None
    urgency: Urgency | None = None
    relief: DeadlineRelief | None = None
    reference: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    defects: tuple[str, ...] = ()

    @property
    def began_at(self) -> datetime:
        """When it began."""
        return self.started_at


@dataclass(frozen=True, slots=True)
class ImportedMaintenance:
    """Planned work with its updates, oldest first. The clock never moves it: its source does."""

    external_id: str
    title: str
    status: MaintenanceStatus
    scheduled_for: datetime
    scheduled_until: datetime
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    updates: tuple[ImportedUpdate, ...] = ()
    states: Mapping[str, ComponentStatus] = field(default_factory=dict)
    reference: str = ""
    defects: tuple[str, ...] = ()

    @property
    def began_at(self) -> datetime:
        """When it began, or when it is planned to."""
        return self.started_at or self.scheduled_for


ImportedRecord = ImportedIncident | ImportedMaintenance


def check_imported(record: ImportedRecord) -> None:
    """Refuse what no importer should have let through.

    Raises:
        RefusedError: no id or title, a text over the limits, an end before the start, or an end
            that does not fit the status.
    """
    if not record.external_id or not record.title:
        raise RefusedError("A record needs an id and a title.")
    if len(record.title) > TITLE_LIMIT or any(len(update.body) > BODY_LIMIT for update in record.updates):
        raise RefusedError("A text is longer than Porchlight keeps.")
    if len({update.external_id for update in record.updates}) < len(record.updates):
        raise RefusedError("Two updates have the same id.")
    if isinstance(record, ImportedMaintenance):
        _check_end(record.completed_at, record.began_at, is_over=record.status is MaintenanceStatus.COMPLETED)
    else:
        _check_end(record.resolved_at, record.started_at, is_over=not record.status.is_open)


def _check_end(ended_at: datetime | None, began_at: datetime, *, is_over: bool) -> None:
    if is_over is (ended_at is None):
        raise RefusedError("It says that it is over without an end, or the other way round.")
    if ended_at is not None and ended_at < began_at:
        raise RefusedError("It ends before it starts.")
