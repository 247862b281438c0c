"""How components stand at this moment, in one statement instead of whole incidents and works."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session, col

from app.domain.components import ComponentStatus, worst_status
from app.domain.incidents import IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.store.components import ComponentRow
from app.store.incidents import REAL, IncidentComponentRow, IncidentRow
from app.store.maintenance import MaintenanceComponentRow, MaintenanceRow

_OPEN = [status.value for status in IncidentStatus if status.is_open]
_ACTIVE = [status.value for status in MaintenanceStatus if status.is_active]


def states_in_force(session: Session) -> dict[str, ComponentStatus]:
    """The worst that open incidents and work in progress say of each component, by slug.

    The same as `app.domain.maintenance.states_now` of all open records.
    """
    return worst_of((slug, status) for slug, status in session.execute(states_said()))


def worst_of(said: Iterable[tuple[str, str]]) -> dict[str, ComponentStatus]:
    """The worst status of each slug."""
    states: dict[str, ComponentStatus] = {}
    for slug, stored in said:
        status = ComponentStatus(stored)
        states[slug] = worst_status((status, states.get(slug, status)))
    return states


def states_said() -> sa.CompoundSelect[str, str]:
    """Slug and status of every component of open incidents and works in progress; a component may stand there twice."""
    return _in_incidents().union_all(_in_works())


def _in_incidents() -> sa.Select[str, str]:
    return (
        sa.select(col(ComponentRow.slug), col(IncidentComponentRow.status))
        .join(IncidentComponentRow, col(IncidentComponentRow.component_id) == col(ComponentRow.id))
        .join(IncidentRow, col(IncidentRow.id) == col(IncidentComponentRow.incident_id))
        .where(col(IncidentRow.status).in_(_OPEN), REAL)
    )


def _in_works() -> sa.Select[str, str]:
    closed = sa.literal(ComponentStatus.UNDER_MAINTENANCE.value)
    return (
        sa.select(col(ComponentRow.slug), closed)
        .join(MaintenanceComponentRow, col(MaintenanceComponentRow.component_id) == col(ComponentRow.id))
        .join(MaintenanceRow, col(MaintenanceRow.id) == col(MaintenanceComponentRow.maintenance_id))
        .where(col(MaintenanceRow.status).in_(_ACTIVE))
    )
