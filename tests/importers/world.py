"""What importer tests share: the fixtures, and every row of a database to compare."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from app.importers.records import Importer, Record
from app.store.outbox import unpublished
from app.store.schema import METADATA
from app.store.session import Database

FIXTURES = Path(__file__).parent / "fixtures"

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A day after the last record of the fixtures."""

Wanted = TypeVar("Wanted")


def read(importer: Importer, path: Path, kind: type[Wanted]) -> dict[str, Wanted]:
    """What an importer makes of a path: the records of one class by external id, or skipped ones by name."""
    return {_name(item): item for item in importer(path, NOW) if isinstance(item, kind)}


def _name(item: Record) -> str:
    return str(getattr(item, "external_id", None) or item.record)  # type: ignore[union-attr]


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for the outbox."""
    with database.read() as session:
        tables = [table for table in METADATA.sorted_tables if table.name != "outbox"]
        return {table.name: sorted(map(_plain, session.execute(sa.select(table)))) for table in tables}


def events(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """Names and payloads of the outbox, in order."""
    with database.read() as session:
        return [(row.name, row.payload) for row in unpublished(session)]


def _plain(row: sa.Row[Any]) -> tuple[Any, ...]:
    return tuple(str(value) for value in row)
