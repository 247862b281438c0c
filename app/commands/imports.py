"""Take in history that was written elsewhere: known records are kept as they are, new ones added.

Everything is known by (source, external_id), so that the same file may be imported again and again:
rows, ids, numbers and versions stay, and only what is really new is written. Nothing here ever
tells anybody: an import records `HistoryImported`, which causes no notice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, select

from app.commands.audit import note
from app.commands.imported import (
    ImportedIncident,
    ImportedMaintenance,
    ImportedRecord,
    ImportedUpdate,
    check_imported,
)
from app.commands.imported_components import ComponentRef
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.events import HistoryImported
from app.store.incidents import IncidentComponentRow, IncidentRow, IncidentUpdateRow, stored_relief
from app.store.maintenance import MaintenanceComponentRow, MaintenanceRow, MaintenanceUpdateRow
from app.store.outbox import record, take_numbers


class Outcome(StrEnum):
    """What became of one record."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def upsert_history(
    session: Session, source: str, records: Sequence[ImportedRecord], components: Mapping[str, ComponentRef]
) -> list[Outcome | RefusedError]:
    """Take in a batch, each record in a savepoint: a bad one is answered by its error, the rest arrive."""
    kept = _kept_records(session, source, records)
    return [_attempt(session, source, item, components, kept.get(_key(item), _NOTHING)) for item in records]


def upsert_incident(
    session: Session, source: str, incident: ImportedIncident, components: Mapping[str, ComponentRef]
) -> Outcome:
    """Take in one incident.

    Raises:
        RefusedError: it breaks a rule of `check_imported`.
    """
    kept = _kept_records(session, source, [incident])
    return _upsert(session, source, incident, components, kept.get(_key(incident), _NOTHING))


def upsert_maintenance(
    session: Session, source: str, maintenance: ImportedMaintenance, components: Mapping[str, ComponentRef]
) -> Outcome:
    """Take in one piece of planned work.

    Raises:
        RefusedError: it breaks a rule of `check_imported`.
    """
    kept = _kept_records(session, source, [maintenance])
    return _upsert(session, source, maintenance, components, kept.get(_key(maintenance), _NOTHING))


def record_import(session: Session, source: str, incidents: int, *, now: datetime) -> None:
    """Say once that an import changed something, so that the page is made anew."""
    note(session, "history.imported", Subject("history", source), after={"records": incidents}, now=now)
    record(session, HistoryImported(source=source, incidents=incidents), now)


@dataclass(frozen=True, slots=True)
class Tables:
    """Where one kind of record is kept. `owner` is the column that names the record."""

    record: Any
    update: Any
    component: Any
    owner: str


_INCIDENTS = Tables(IncidentRow, IncidentUpdateRow, IncidentComponentRow, "incident_id")
_MAINTENANCE = Tables(MaintenanceRow, MaintenanceUpdateRow, MaintenanceComponentRow, "maintenance_id")


def tables_of(item: ImportedRecord) -> Tables:
    """Where this record is kept."""
    return _INCIDENTS if isinstance(item, ImportedIncident) else _MAINTENANCE


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the database already holds of one record."""

    row: Any = None
    updates: tuple[Any, ...] = ()
    states: tuple[Any, ...] = ()


_NOTHING = _Kept()
_Key = tuple[str, str]


def _key(item: ImportedRecord) -> _Key:
    return tables_of(item).owner, item.external_id


def _kept_records(session: Session, source: str, records: Sequence[ImportedRecord]) -> dict[_Key, _Kept]:
    """What is already kept of these records, in three statements for each kind."""
    found: dict[_Key, _Kept] = {}
    for tables in (_INCIDENTS, _MAINTENANCE):
        wanted = [item.external_id for item in records if tables_of(item) is tables]
        for kept in _kept_of_one_kind(session, tables, source, wanted) if wanted else ():
            found[tables.owner, kept.row.external_id] = kept
    return found


def _kept_of_one_kind(session: Session, tables: Tables, source: str, wanted: list[str]) -> Iterator[_Kept]:
    known = select(tables.record).where(tables.record.source == source, tables.record.external_id.in_(wanted))
    rows = session.exec(known).all()
    updates = _by_owner(session, tables.update, tables.owner, [row.id for row in rows])
    states = _by_owner(session, tables.component, tables.owner, [row.id for row in rows])
    return (_Kept(row, tuple(updates[row.id]), tuple(states[row.id])) for row in rows)


def _by_owner(session: Session, table: Any, owner: str, ids: list[str]) -> dict[str, list[Any]]:
    column = getattr(table, owner)
    found: dict[str, list[Any]] = {owner_id: [] for owner_id in ids}
    for row in session.exec(select(table).where(column.in_(ids)).order_by(column, table.position)):
        found[getattr(row, owner)].append(row)
    return found


def _attempt(
    session: Session, source: str, item: ImportedRecord, components: Mapping[str, ComponentRef], kept: _Kept
) -> Outcome | RefusedError:
    try:
        with session.begin_nested():
            return _upsert(session, source, item, components, kept)
    except RefusedError as error:
        return error
    except (DataError, IntegrityError):
        return RefusedError("The database would not take it.")


def _upsert(
    session: Session, source: str, item: ImportedRecord, components: Mapping[str, ComponentRef], kept: _Kept
) -> Outcome:
    check_imported(item)
    tables, values = tables_of(item), values_of(item)
    row = kept.row or _create(session, tables, source, item.external_id, values)
    is_ours = _has_moved_here(item, kept)
    changes = [
        assign(row, {name: value for name, value in values.items() if not (is_ours and name in MOVED)}),
        not is_ours and _set_states(session, tables, row.id, _states(item, components), kept),
        _set_updates(session, tables, row.id, item.updates, components, kept),
    ]
    if kept.row is None:
        return Outcome.CREATED
    if not any(changes):
        return Outcome.UNCHANGED
    row.version += 1
    return Outcome.CHANGED


MOVED = {"status", "scheduled_until", "started_at", "monitoring_at", "resolved_at", "completed_at", "updated_at"}
"""What a person moves by posting an update."""


def _has_moved_here(item: ImportedRecord, kept: _Kept) -> bool:
    """Whether our own people spoke on it after its source last did: then its state is ours to say."""
    last_word = max((update.said_at for update in item.updates), default=item.began_at)
    return any(row.external_id is None and (row.display_at or row.created_at) > last_word for row in kept.updates)


def values_of(item: ImportedRecord) -> dict[str, Any]:
    """A record as the columns of its row."""
    shared = {
        "title": item.title,
        "reference": item.reference,
        "status": item.status,
        "started_at": item.started_at,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "defects": list(item.defects),
    }
    if isinstance(item, ImportedMaintenance):
        return shared | {
            "scheduled_for": item.scheduled_for,
            "scheduled_until": item.scheduled_until,
            "completed_at": item.completed_at,
            "auto_start": False,
            "auto_complete": False,
        }
    return shared | {
        "kind": item.kind,
        "severity": item.severity,
        "urgency": item.urgency,
        "impact": item.impact,
        "monitoring_at": item.monitoring_at,
        "resolved_at": item.resolved_at,
        "relief": stored_relief(item.relief),
        "details": dict(item.details),
    }


def _create(session: Session, tables: Tables, source: str, external_id: str, values: Mapping[str, Any]) -> Any:
    number = take_numbers(session, "incident")
    row = tables.record(number=number, source=source, external_id=external_id, **values)
    session.add(row)
    session.flush()
    return row


def assign(row: Any, values: Mapping[str, Any]) -> bool:
    """Give a row these values; whether any of them was different."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def _states(item: ImportedRecord, components: Mapping[str, ComponentRef]) -> dict[str, tuple[ComponentStatus, int]]:
    """Status and place of each component by our id."""
    refs = ((components[external_id], status) for external_id, status in item.states.items())
    return {ref.id: (status, ref.position) for ref, status in refs}


def _set_states(
    session: Session, tables: Tables, owner_id: str, states: Mapping[str, tuple[ComponentStatus, int]], kept: _Kept
) -> bool:
    known = {row.component_id: row for row in kept.states}
    for component_id in states.keys() - known.keys():
        status, position = states[component_id]
        owner = {tables.owner: owner_id}
        session.add(tables.component(component_id=component_id, status=status, position=position, **owner))
    moved = [assign(known[key], {"status": states[key][0]}) for key in states.keys() & known.keys()]
    return any(moved) or bool(states.keys() - known.keys())


def _set_updates(
    session: Session,
    tables: Tables,
    owner_id: str,
    updates: Sequence[ImportedUpdate],
    components: Mapping[str, ComponentRef],
    kept: _Kept,
) -> bool:
    """Edit the known updates, add the new ones, and put all of them in the order in which they were said."""
    known = {row.external_id: row for row in kept.updates if row.external_id}
    new = [update for update in updates if update.external_id not in known]
    number = take_numbers(session, "update", len(new)) if new else 0
    rows: list[Any] = []
    moved = bool(new)
    for update in updates:
        values = update_values(tables, update, components)
        row = known.get(update.external_id)
        if row is None:
            owner = {tables.owner: owner_id, "external_id": update.external_id}
            row = tables.update(number=number, position=len(rows), **owner, **values)
            session.add(row)
            number += 1
        rows.append(row)
        moved = assign(row, values) or moved
    said = {update.external_id for update in updates}
    return _put_in_order(rows, [row for row in kept.updates if row.external_id not in said]) or moved


def _put_in_order(imported: list[Any], others: list[Any]) -> bool:
    """Number the positions. Ours, and those that vanished upstream, stand where their time puts them."""
    ordered = sorted(imported + others, key=lambda row: row.display_at or row.created_at) if others else imported
    moved = [assign(row, {"position": position}) for position, row in enumerate(ordered)]
    return any(moved)


def update_values(tables: Tables, update: ImportedUpdate, components: Mapping[str, ComponentRef]) -> dict[str, Any]:
    """What was said as the columns of its row."""
    changes = [
        {
            "slug": components[change.component].slug,
            "name": change.name,
            "old": change.old.value,
            "new": change.new.value,
        }
        for change in update.changes
    ]
    values = {
        "status": update.status,
        "body": update.body,
        "what_happened": update.headings.what_happened,
        "what_we_are_doing": update.headings.what_we_are_doing,
        "what_is_affected": update.headings.what_is_affected,
        "how_to_reach": update.headings.how_to_reach,
        "footnote": update.footnote,
        "display_at": update.display_at,
        "next_update_at": update.next_update_at,
        "changes": changes,
        "created_at": update.created_at,
        "updated_at": update.updated_at,
    }
    return {name: value for name, value in values.items() if name in tables.update.model_fields}
