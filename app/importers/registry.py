"""Run one import: read everything first, then take it in by batches, and tell the page once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.commands.imported import ImportedComponent, ImportedIncident, ImportedMaintenance, ImportedRecord
from app.commands.imported_components import ComponentRef, upsert_components
from app.commands.imports import Outcome, record_import, upsert_history
from app.domain.audit import SYSTEM, Actor
from app.domain.errors import RefusedError
from app.importers.cstate import read_cstate
from app.importers.records import Importer, Record, Skipped
from app.importers.statuspage import read_statuspage
from app.importers.upptime import read_upptime
from app.store.session import Database

IMPORTERS: Mapping[str, Importer] = {
    "cstate": read_cstate,
    "statuspage": read_statuspage,
    "upptime": read_upptime,
}
"""Every kind of history that can be taken in, by the word that the command line uses."""

BATCH = 100
"""Records in one transaction: short enough that posting an update never waits for an import."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. `components` counts those it put here, `defects` those of all records read."""

    source: str
    components: int
    created: int
    changed: int
    unchanged: int
    skipped: tuple[Skipped, ...]
    defects: int


def run_import(
    database: Database,
    kind: str,
    path: Path,
    *,
    by: Actor = SYSTEM,
    now: datetime,
    on_progress: Progress = lambda _done, _total: None,
) -> ImportSummary:
    """Take in a file or folder of that kind; safe to repeat.

    `on_progress` is told how many records are in of how many, after every batch.

    Raises:
        RefusedError: no such kind or path, or it cannot be read; nothing was kept.
    """
    records = _read(kind, path, now)
    history = sorted(
        (item for item in records if isinstance(item, ImportedIncident | ImportedMaintenance)),
        key=lambda item: item.began_at,
    )
    components = [item for item in records if isinstance(item, ImportedComponent)]
    skipped = [item for item in records if isinstance(item, Skipped)]
    refs, outcomes = _take_in(database, kind, components, history, by, now, on_progress)
    refused = [
        Skipped(item.title, str(outcome))
        for item, outcome in zip(history, outcomes, strict=True)
        if isinstance(outcome, RefusedError)
    ]
    return ImportSummary(
        source=kind,
        components=sum(ref.is_new for ref in refs.values()),
        created=outcomes.count(Outcome.CREATED),
        changed=outcomes.count(Outcome.CHANGED),
        unchanged=outcomes.count(Outcome.UNCHANGED),
        skipped=(*skipped, *refused),
        defects=sum(len(item.defects) for item in history),
    )


def _read(kind: str, path: Path, now: datetime) -> list[Record]:
    importer = IMPORTERS.get(kind)
    if importer is None:
        raise RefusedError(f"There is no importer “{kind}”; there are {', '.join(IMPORTERS)}.")
    if not path.exists():
        raise RefusedError(f"There is nothing at “{path}”.")
    return list(importer(path, now))


def _take_in(
    database: Database,
    source: str,
    components: Sequence[ImportedComponent],
    history: Sequence[ImportedRecord],
    by: Actor,
    now: datetime,
    on_progress: Progress,
) -> tuple[dict[str, ComponentRef], list[Outcome | RefusedError]]:
    """Oldest first, so that numbers grow with time. The last transaction records the one event."""
    refs: dict[str, ComponentRef] = {}
    outcomes: list[Outcome | RefusedError] = []
    for start in range(0, max(len(history), 1), BATCH):
        batch = history[start : start + BATCH]
        with database.transaction(by) as session:
            refs = refs or upsert_components(session, source, components, now=now)
            outcomes += upsert_history(session, source, batch, refs)
            moved = sum(outcome in (Outcome.CREATED, Outcome.CHANGED) for outcome in outcomes)
            is_last = start + BATCH >= len(history)
            if is_last and (moved or any(ref.is_new for ref in refs.values())):
                record_import(session, source, moved, now=now)
        on_progress(len(outcomes), len(history))
    return refs, outcomes
