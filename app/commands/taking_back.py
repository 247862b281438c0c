"""After a restore: take back what members were told since the backup, from what was published last.

The page and the bucket outlive the host, and hold every public word. Each record and update is known
by its own id, so that this may be done twice. Nothing of it is sent again: members have read it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from app.commands.audit import note
from app.commands.imported import ImportedIncident, ImportedRecord, ImportedUpdate, check_imported
from app.commands.imported_components import ComponentRef
from app.commands.imports import MOVED, Tables, assign, tables_of, update_values, values_of
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.events import HistoryImported
from app.domain.severity import default_urgency
from app.domain.stages import Stage
from app.store.components import ComponentRow
from app.store.outbox import record, take_numbers

SOURCE = "published"

_IN_ONE_BODY = dict.fromkeys(("what_happened", "what_we_are_doing", "what_is_affected", "how_to_reach", "footnote"), "")


def take_back(session: Session, records: Iterable[ImportedRecord], *, since: datetime, now: datetime) -> list[str]:
    """Add what was said after `since`, the moment of the backup, and does not stand here; titles of what that moved.

    What was said before and does not stand here had been taken off the page, and stays off.

    Raises:
        RefusedError: a record breaks a rule of `check_imported`; nothing was taken.
    """
    refs = _components(session)
    told = sorted((_known(item, refs, since) for item in records), key=lambda item: item.began_at)
    taken = [item.title for item in told if item.updates and _take(session, item, refs, since)]
    if taken:
        after = {"records": taken, "said_since": since}
        note(session, "history.taken_back", Subject("history", SOURCE), after=after, now=now)
        record(session, HistoryImported(source=SOURCE, incidents=len(taken)), now)
    return taken


def _components(session: Session) -> dict[str, ComponentRef]:
    rows = session.exec(select(ComponentRow))
    return {row.id: ComponentRef(row.id, row.slug, row.position, is_new=False) for row in rows}


def _known(item: ImportedRecord, refs: Mapping[str, ComponentRef], since: datetime) -> ImportedRecord:
    """The record with what was said since alone, and of components those that the backup knows."""
    check_imported(item)
    # A record that nobody spoke on is published with one update under its own id.
    said = [update for update in item.updates if update.updated_at > since and update.external_id != item.external_id]
    updates = tuple(replace(update, changes=_of_known(update, refs)) for update in said)
    states = {slug: status for slug, status in item.states.items() if slug in refs}
    return replace(item, updates=updates, states=states, defects=())


def _of_known(update: ImportedUpdate, refs: Mapping[str, ComponentRef]) -> tuple[Any, ...]:
    return tuple(change for change in update.changes if change.component in refs)


def _take(session: Session, item: ImportedRecord, refs: Mapping[str, ComponentRef], since: datetime) -> bool:
    tables = tables_of(item)
    row = session.get(tables.record, item.external_id)
    if row is None and item.created_at > since:
        row = _create(session, tables, item)
    if row is None or row.hidden_at:
        return False
    moved = [_say(session, tables, row.id, update, refs) for update in item.updates]
    if any(moved):
        assign(row, {name: value for name, value in values_of(item).items() if name in MOVED | {"title"}})
        _set_states(session, tables, row.id, item.states, refs)
        row.version += 1
    return any(moved)


def _create(session: Session, tables: Tables, item: ImportedRecord) -> Any:
    values = values_of(item)
    if isinstance(item, ImportedIncident) and item.status.is_open:
        values |= {"stage": Stage.TRIAGE, "urgency": default_urgency(item.severity) if item.severity else None}
    row = tables.record(id=item.external_id, number=take_numbers(session, "incident"), **values)
    session.add(row)
    session.flush()
    return row


def _say(
    session: Session, tables: Tables, owner_id: str, update: ImportedUpdate, refs: Mapping[str, ComponentRef]
) -> bool:
    """Add one update, or mend one that was edited since: all its words stand in one body then."""
    row = session.get(tables.update, update.external_id)
    if row is None:
        place = {tables.owner: owner_id, "position": _next_position(session, tables, owner_id)}
        number = take_numbers(session, "update")
        session.add(tables.update(id=update.external_id, number=number, **place, **update_values(tables, update, refs)))
        session.flush()
        return True
    words = _IN_ONE_BODY | {"body": update.body, "updated_at": update.updated_at}
    return row.updated_at < update.updated_at and assign(row, _columns(tables, words))


def _columns(tables: Tables, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in tables.update.model_fields}


def _next_position(session: Session, tables: Tables, owner_id: str) -> int:
    owner = getattr(tables.update, tables.owner)
    last = session.execute(sa.select(sa.func.max(tables.update.position)).where(owner == owner_id)).scalar()
    return 0 if last is None else int(last) + 1


def _set_states(
    session: Session,
    tables: Tables,
    owner_id: str,
    states: Mapping[str, ComponentStatus],
    refs: Mapping[str, ComponentRef],
) -> None:
    for component_id, status in states.items():
        key = {tables.owner: owner_id, "component_id": component_id}
        row = session.get(tables.component, key)
        if row is None:
            session.add(tables.component(**key, status=status, position=refs[component_id].position))
        else:
            row.status = status
