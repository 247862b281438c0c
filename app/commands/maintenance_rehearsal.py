"""What the notice of planned work would carry if it were announced now; nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.commands.maintenance import MaintenanceDraft
from app.commands.telling import maintenance_content
from app.domain.audience import touched_components
from app.domain.components import Component, ComponentStatus
from app.domain.incidents import ComponentChange
from app.domain.maintenance import MaintenanceStatus
from app.store.incidents import stored_changes
from app.store.maintenance import MaintenanceRow, MaintenanceUpdateRow

UNBORN = "preview00000"
"""The id of what was not said yet."""


@dataclass(frozen=True, slots=True)
class MaintenanceRehearsal:
    """An announcement that was not made: what its notice would carry, and whose subscribers it concerns."""

    content: dict[str, object]
    audience: frozenset[str]


def rehearse_maintenance(
    draft: MaintenanceDraft, components: Sequence[Component], *, now: datetime
) -> MaintenanceRehearsal:
    """Announce planned work without announcing it. What a rule would refuse is rehearsed all the same."""
    named = [item for item in components if item.slug in draft.components]
    calm = ComponentStatus.OPERATIONAL
    row = MaintenanceRow(
        id=UNBORN,
        number=0,
        title=draft.title,
        status=MaintenanceStatus.SCHEDULED,
        scheduled_for=draft.scheduled_for,
        scheduled_until=draft.scheduled_until,
        created_at=now,
        updated_at=now,
    )
    said = MaintenanceUpdateRow(
        id=UNBORN,
        number=0,
        maintenance_id=UNBORN,
        position=0,
        status=MaintenanceStatus.SCHEDULED,
        body=draft.body,
        display_at=now,
        changes=stored_changes([ComponentChange(item.slug, item.name, calm, calm) for item in named]),
        created_at=now,
        updated_at=now,
    )
    closed = {item.slug: ComponentStatus.UNDER_MAINTENANCE for item in named}
    return MaintenanceRehearsal(maintenance_content(row, said, None), frozenset(touched_components(components, closed)))
