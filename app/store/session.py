"""The database, and the one place that commits.

SQLite and PostgreSQL behind the same two doors: `read()` for a consistent look at the rows and
`transaction()` for one change. On SQLite reading starts with BEGIN and changing with BEGIN
IMMEDIATE, so that a writer never discovers half-way that another was faster.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlmodel import Session

from app.domain.audit import SYSTEM, Actor
from app.domain.errors import UnavailableError
from app.store.audit import ACTOR, append_noted

SAFE_SQLITE = (3, 51, 3)
"""First release without the WAL-reset corruption bug (security.md, "Facts that bite")."""

BUSY_TIMEOUT_MS = 30_000

AfterCommit = Callable[[], None]


class Database:
    """An open database. Safe to share between threads.

    `on_commit` callables run after every commit that recorded an event; they wake the workers of
    this process and must return at once.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.on_commit: list[AfterCommit] = []
        self.before_commit: list[Callable[[Session], None]] = []
        one_moment = {"sqlite_begin": "BEGIN"} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = engine.execution_options(**one_moment)

    @classmethod
    def open(cls, url: str, *, pool_size: int = 10) -> "Database":
        """Open a database by URL; creates the folder of an SQLite file, not the tables.

        Raises:
            UnavailableError: this SQLite has the WAL-reset bug, or the URL names no database.
        """
        return cls(open_engine(url, pool_size=pool_size))

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded size."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent look at the rows; nothing it changes is kept.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        with Session(self._reader) as session, in_words():
            yield session

    @contextmanager
    def transaction(self, by: Actor = SYSTEM) -> Iterator[Session]:
        """One change: committed when the block ends, rolled back when it raises.

        `by` is who acts: the audit log names them for what `app.commands.audit.note` notes here.

        Raises:
            UnavailableError: the database cannot be reached or cannot write; nothing was kept.
        """
        with Session(self.engine, expire_on_commit=False) as session, in_words(), session.begin():
            session.info[ACTOR] = by
            yield session
            session.flush()
            for prepare in self.before_commit:
                prepare(session)
            append_noted(session)
        if session.info.get("recorded") or session.info.get("recorded_privately"):
            for wake in self.on_commit:
                wake()

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def in_words() -> Iterator[None]:
    """Turn the driver's errors about a database that is away or full into `UnavailableError`."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise UnavailableError("The database cannot be used at the moment; nothing was changed.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise UnavailableError("The database was lost half-way; nothing was changed.") from error
        raise


def open_engine(url: str, *, pool_size: int = 10) -> sa.Engine:
    """An engine with this product's settings for SQLite or PostgreSQL."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, pool_size)
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            hide_parameters=True,  # members' addresses do not belong in a log
            connect_args={"options": "-c timezone=UTC", "connect_timeout": 5},
        )
    raise UnavailableError(f"A database of the kind “{parsed.drivername}” is not supported; use sqlite or postgresql.")


def sqlite_module() -> ModuleType:
    """The SQLite driver to use: the bundled one, because the system's may have the WAL bug."""
    from pysqlite3 import dbapi2

    module: ModuleType = dbapi2
    return module


def _sqlite(url: sa.URL, pool_size: int) -> sa.Engine:
    module = sqlite_module()
    if module.sqlite_version_info < SAFE_SQLITE:
        raise UnavailableError(f"SQLite {module.sqlite_version} can corrupt a WAL database; 3.51.3 or newer is needed.")
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = _sqlite_engine(url, pool_size)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def lock_on_write(engine: sa.Engine) -> sa.Engine:
    """An engine on the same database for code that begins its own transactions (the job engine).

    On SQLite it takes the write lock at the first change instead of at BEGIN; PostgreSQL's own
    engine serves as it is.
    """
    if engine.dialect.name != "sqlite":
        return engine
    other = _sqlite_engine(engine.url, pool_size=10)
    sa.event.listen(other, "connect", _lock_at_first_change)
    return other


def _sqlite_engine(url: sa.URL, pool_size: int) -> sa.Engine:
    engine = sa.create_engine(
        url,
        module=sqlite_module(),
        pool_size=pool_size,
        max_overflow=pool_size,
        poolclass=sa.QueuePool,
        hide_parameters=True,  # members' addresses do not belong in a log
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _lock_at_first_change(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE"))
