"""Fan-out: how long one notice takes to become a delivery for everybody, on both databases.

Timed is the whole transaction: the rows, their batches, and one durable piece of work for each
batch, as the worker does it.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from app.deliver.fan_out import FanOut
from app.engine import Engine
from app.queueing import queueing_on
from app.store.schema import migrate
from app.store.session import Database
from bench.harness import Row, machine, table
from tests.deliver.world import deliveries_written, prepare, say
from tests.doubles.postgres import postgres_server

SIZES = (100_000, 1_000_000)
LIMITS = {
    ("SQLite", 100_000): 1.0,
    ("PostgreSQL", 100_000): 2.0,
    ("SQLite", 1_000_000): 10.0,
    ("PostgreSQL", 1_000_000): 10.0,
}


def run() -> str:
    """Measure and report as a Markdown table."""
    rows = []
    for size in SIZES:
        for kind in ("SQLite", "PostgreSQL"):
            with fresh_database(kind) as database:
                if database is not None:
                    seconds = measure(database, size)
                    rows.append(
                        Row((f"{size:,} deliveries, {kind}", f"{seconds:.2f} s", f"{LIMITS[kind, size]:.0f} s"))
                    )
    return f"{machine('sqlalchemy', 'dbos', 'psycopg')}\n\n{table(('', 'measured', 'asked'), rows)}"


def measure(database: Database, size: int) -> float:
    """Seconds for one notice to so many subscribers."""
    engine = Engine(database)
    engine.prepare()
    prepare(database, size)
    _, notice_id = say(database)
    with database.transaction() as session:
        queueing_on(engine).batch(session, 0, 0, "bulk", timedelta(days=1))  # opens the engine's client
        if not database.is_sqlite:
            session.execute(text("ANALYZE"))
    fan_out = FanOut(database, queueing_on(engine).batch)
    began = time.perf_counter()
    fan_out.run(notice_id)
    seconds = time.perf_counter() - began
    written = deliveries_written(database)
    if written != size:
        raise RuntimeError(f"{written} deliveries were written instead of {size}")
    return seconds


@contextmanager
def fresh_database(kind: str) -> Iterator[Database | None]:
    """A database of this kind with its tables; None where there can be no PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "SQLite":
            yield _migrated(f"sqlite:///{Path(folder) / 'porchlight.db'}")
            return
        with postgres_server() as server:
            if server is None:
                yield None
                return
            name = server.create()
            database = _migrated(server.url_of(name))
            yield database
            database.close()
            server.drop(name)


def _migrated(url: str) -> Database:
    database = Database.open(url)
    migrate(database)
    return database
