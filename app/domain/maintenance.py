"""Planned work, and how it moves through its four states by the clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.components import ComponentStatus, worst_status
from app.domain.errors import RefusedError
from app.domain.incidents import AffectedComponent, ComponentChange, Incident, component_states


class MaintenanceStatus(StrEnum):
    """Statuspage's maintenance states, in the order in which the clock passes them."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"

    @property
    def is_active(self) -> bool:
        """Whether the work is going on and its components are closed."""
        return self in (MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.VERIFYING)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self is MaintenanceStatus.COMPLETED


_ORDER = {status: rank for rank, status in enumerate(MaintenanceStatus)}


@dataclass(frozen=True, slots=True)
class MaintenanceUpdate:
    """One thing that was said about planned work."""

    id: str
    number: int
    status: MaintenanceStatus
    body: str
    created_at: datetime
    updated_at: datetime
    display_at: datetime | None
    next_update_at: datetime | None = None
    deliver_notifications: bool = False
    changes: tuple[ComponentChange, ...] = ()

    @property
    def said_at(self) -> datetime:
        """When it was said, or when we learned of it where that is unknown."""
        return self.display_at or self.created_at


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One planned closure from `scheduled_for` to `scheduled_until`.

    The last `verify_for` of the window is for checking; `auto_start` and `auto_complete` let the
    clock move it, otherwise a person does.
    """

    id: str
    number: int
    title: str
    status: MaintenanceStatus
    scheduled_for: datetime
    scheduled_until: datetime
    created_at: datetime
    updated_at: datetime
    version: int
    started_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    auto_start: bool = True
    auto_complete: bool = True
    verify_for: timedelta = timedelta(0)
    components: tuple[AffectedComponent, ...] = ()
    updates: tuple[MaintenanceUpdate, ...] = ()
    reference: str = ""
    source: str = ""
    defects: tuple[str, ...] = ()
    series_id: str | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether it will not take place; its status is `completed`, the last that Statuspage knows."""
        return self.cancelled_at is not None

    def component_status(self) -> ComponentStatus:
        """What the work makes of its components at this moment."""
        return ComponentStatus.UNDER_MAINTENANCE if self.status.is_active else ComponentStatus.OPERATIONAL

    @property
    def began_at(self) -> datetime:
        """When it really began, or when it is planned to."""
        return self.started_at or self.scheduled_for

    @property
    def promised_at(self) -> datetime | None:
        """When members were told to expect the next word; None once the work is over."""
        if self.status is MaintenanceStatus.COMPLETED or not self.updates:
            return None
        return self.updates[-1].next_update_at


def next_transition(maintenance: Maintenance) -> tuple[datetime, MaintenanceStatus] | None:
    """The next state the clock will bring, and when; None when a person must act or it is over.

    Verification falls inside the window, so that the promised end is the real one.
    """
    verify_at = maintenance.scheduled_until - maintenance.verify_for
    match maintenance.status:
        case MaintenanceStatus.SCHEDULED if maintenance.auto_start:
            return maintenance.scheduled_for, MaintenanceStatus.IN_PROGRESS
        case MaintenanceStatus.IN_PROGRESS if maintenance.verify_for:
            return max(verify_at, maintenance.began_at), MaintenanceStatus.VERIFYING
        case MaintenanceStatus.IN_PROGRESS | MaintenanceStatus.VERIFYING if maintenance.auto_complete:
            return maintenance.scheduled_until, MaintenanceStatus.COMPLETED
        case _:
            return None


def due_transitions(maintenance: Maintenance, now: datetime) -> list[tuple[datetime, MaintenanceStatus]]:
    """Every transition that the clock owes by `now`, each at the moment it was due.

    After a night without power all that was missed is returned in order, none twice.
    """
    due: list[tuple[datetime, MaintenanceStatus]] = []
    while (step := next_transition(maintenance)) and step[0] <= now:
        due.append(step)
        moment, status = step
        maintenance = replace(
            maintenance,
            status=status,
            started_at=moment if status is MaintenanceStatus.IN_PROGRESS else maintenance.started_at,
        )
    return due


def states_now(incidents: Iterable[Incident], maintenances: Iterable[Maintenance]) -> dict[str, ComponentStatus]:
    """The worst that open incidents and work in progress say of each component, by slug."""
    states = component_states(incidents)
    for slug in (item.slug for work in maintenances if work.status.is_active for item in work.components):
        states[slug] = worst_status((states.get(slug, ComponentStatus.OPERATIONAL), ComponentStatus.UNDER_MAINTENANCE))
    return states


def check_window(scheduled_for: datetime, scheduled_until: datetime) -> None:
    """Refuse a window that ends before it starts.

    Raises:
        RefusedError: it does.
    """
    if scheduled_until <= scheduled_for:
        raise RefusedError({"scheduled_until": "The work must end after it starts."})


def steps_from(current: MaintenanceStatus) -> list[MaintenanceStatus]:
    """What work can be said to be next: as far as it is, or further."""
    return [status for status in MaintenanceStatus if _ORDER[status] >= _ORDER[current]]


def check_step(current: MaintenanceStatus, wanted: MaintenanceStatus) -> None:
    """Refuse to go back in time: work that has started cannot become scheduled again.

    Raises:
        RefusedError: `wanted` stands before `current`, or the work is over.
    """
    if _ORDER[wanted] < _ORDER[current]:
        raise RefusedError({"status": f"The work is already {current.value.replace('_', ' ')}."})
