"""Rows of planned work, and the queries that name them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.incidents import AffectedComponent
from app.domain.maintenance import Maintenance, MaintenanceStatus, MaintenanceUpdate
from app.store.columns import Moment, new_id
from app.store.incidents import affected_components, frozen_changes

_CHUNK = 500
_UNFINISHED = [status.value for status in MaintenanceStatus if status is not MaintenanceStatus.COMPLETED]


class MaintenanceRow(SQLModel, table=True):
    """One planned closure. `version` grows with every change.

    `hidden_at` takes it off the page and out of every query that names planned work; the row stays.
    """

    __tablename__ = "maintenance"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    number: int = Field(unique=True)
    reference: str = ""
    title: str
    status: str = Field(index=True)
    scheduled_for: datetime = Field(sa_type=Moment, index=True)
    scheduled_until: datetime = Field(sa_type=Moment)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    completed_at: datetime | None = Field(default=None, sa_type=Moment)
    auto_start: bool = True
    auto_complete: bool = True
    verify_minutes: int = 0
    cancelled_at: datetime | None = Field(default=None, sa_type=Moment)
    series_id: str | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    defects: list[str] = Field(default_factory=list, sa_type=JSON)
    source: str = ""
    external_id: str | None = None
    version: int = 1
    hidden_at: datetime | None = Field(default=None, sa_type=Moment)


class MaintenanceComponentRow(SQLModel, table=True):
    """A component that the work closes."""

    __tablename__ = "maintenance_component"

    maintenance_id: str = Field(foreign_key="maintenance.id", primary_key=True)
    component_id: str = Field(foreign_key="component.id", primary_key=True, index=True)
    status: str
    position: int = 0


class MaintenanceUpdateRow(SQLModel, table=True):
    """One thing that was said about it, by a person or by the clock."""

    __tablename__ = "maintenance_update"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    number: int = Field(unique=True)
    maintenance_id: str = Field(foreign_key="maintenance.id", index=True)
    position: int
    status: str
    body: str
    display_at: datetime | None = Field(default=None, sa_type=Moment)
    next_update_at: datetime | None = Field(default=None, sa_type=Moment)
    deliver_notifications: bool = False
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    author_id: str | None = None
    external_id: str | None = None
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)


SHOWN = col(MaintenanceRow.hidden_at).is_(None)
"""The condition that every query about planned work carries."""


def maintenance_versions(session: Session) -> dict[str, int]:
    """Version of all planned work by id, latest window first."""
    rows = session.exec(
        select(MaintenanceRow.id, MaintenanceRow.version)
        .where(SHOWN)
        .order_by(col(MaintenanceRow.scheduled_for).desc(), col(MaintenanceRow.number).desc())
    )
    return dict(rows.all())


def unfinished_maintenances(session: Session) -> list[Maintenance]:
    """Planned work that is not completed, soonest first."""
    rows = session.exec(
        select(MaintenanceRow.id)
        .where(col(MaintenanceRow.status).in_(_UNFINISHED), SHOWN)
        .order_by(col(MaintenanceRow.scheduled_for))
    )
    wanted = list(rows)
    found = maintenances_by_id(session, wanted)
    return [found[maintenance_id] for maintenance_id in wanted]


def maintenances_completed(session: Session, *, skip: int, most: int) -> list[Maintenance]:
    """Planned work that is over, latest window first."""
    ended = select(MaintenanceRow.id).where(col(MaintenanceRow.status) == MaintenanceStatus.COMPLETED, SHOWN)
    latest = ended.order_by(col(MaintenanceRow.scheduled_for).desc(), col(MaintenanceRow.number).desc())
    wanted = list(session.exec(latest.offset(skip).limit(most)))
    found = maintenances_by_id(session, wanted)
    return [found[maintenance_id] for maintenance_id in wanted]


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """One work as a calendar shows it, at the time it is or was planned for."""

    id: str
    title: str
    status: MaintenanceStatus
    starts: datetime
    ends: datetime
    is_cancelled: bool


def windows_between(session: Session, start: datetime, end: datetime) -> list[PlannedWindow]:
    """Every work whose window touches the time between both, in order; cancelled ones stand where they were planned."""
    touching = select(MaintenanceRow).where(
        col(MaintenanceRow.scheduled_for) < end, col(MaintenanceRow.scheduled_until) > start, SHOWN
    )
    return [
        PlannedWindow(
            row.id,
            row.title,
            MaintenanceStatus(row.status),
            row.scheduled_for,
            row.scheduled_until,
            row.cancelled_at is not None,
        )
        for row in session.exec(touching.order_by(col(MaintenanceRow.scheduled_for)))
    ]


def the_maintenance(session: Session, maintenance_id: str) -> Maintenance | None:
    """One piece of planned work whole; None once it is hidden."""
    row = session.get(MaintenanceRow, maintenance_id)
    return maintenances_by_id(session, [row.id])[row.id] if row and row.hidden_at is None else None


def maintenance_details(session: Session, wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """What is kept of planned work for programs alone, by id."""
    kept = select(MaintenanceRow.id, MaintenanceRow.details).where(col(MaintenanceRow.id).in_(wanted))
    return {record_id: dict(details) for record_id, details in session.exec(kept)}


def maintenances_by_id(session: Session, wanted: Collection[str]) -> dict[str, Maintenance]:
    """Whole planned works by id, in three statements per five hundred."""
    ids = list(wanted)
    found: dict[str, Maintenance] = {}
    for start in range(0, len(ids), _CHUNK):
        found |= _load(session, ids[start : start + _CHUNK])
    return found


def _load(session: Session, ids: list[str]) -> dict[str, Maintenance]:
    rows = session.exec(select(MaintenanceRow).where(col(MaintenanceRow.id).in_(ids))).all()
    updates: defaultdict[str, list[MaintenanceUpdate]] = defaultdict(list)
    ordered = select(MaintenanceUpdateRow).where(col(MaintenanceUpdateRow.maintenance_id).in_(ids))
    for update in session.exec(ordered.order_by(col(MaintenanceUpdateRow.position))):
        updates[update.maintenance_id].append(_frozen_update(update))
    components = affected_components(session, MaintenanceComponentRow, MaintenanceComponentRow.maintenance_id, ids)
    return {row.id: _frozen(row, updates[row.id], components.get(row.id, ())) for row in rows}


def _frozen_update(row: MaintenanceUpdateRow) -> MaintenanceUpdate:
    return MaintenanceUpdate(
        id=row.id,
        number=row.number,
        status=MaintenanceStatus(row.status),
        body=row.body,
        display_at=row.display_at,
        next_update_at=row.next_update_at,
        deliver_notifications=row.deliver_notifications,
        changes=frozen_changes(row.changes),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _frozen(
    row: MaintenanceRow, updates: list[MaintenanceUpdate], components: tuple[AffectedComponent, ...]
) -> Maintenance:
    return Maintenance(
        id=row.id,
        number=row.number,
        reference=row.reference,
        title=row.title,
        status=MaintenanceStatus(row.status),
        scheduled_for=row.scheduled_for,
        scheduled_until=row.scheduled_until,
        started_at=row.started_at,
        completed_at=row.completed_at,
        cancelled_at=row.cancelled_at,
        series_id=row.series_id,
        auto_start=row.auto_start,
        auto_complete=row.auto_complete,
        verify_for=timedelta(minutes=row.verify_minutes),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        updates=tuple(updates),
        components=components,
        source=row.source,
        defects=tuple(row.defects),
    )
