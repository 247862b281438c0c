"""Consistent copies of a whole database while others write to it, and bringing one back.

SQLite by its online backup (https://www.sqlite.org/backup.html), PostgreSQL by its own pg_dump,
pg_restore and psql. Either way a copy is one moment of the database, and comes back in one
transaction or not at all.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.domain.errors import RefusedError, UnavailableError
from app.store.session import Database, in_words, sqlite_module

Ask = Callable[[str], Sequence[Sequence[Any]]]
"""The rows of one statement, asked of one unchanging moment of the database."""

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    "postgresql": (
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
        " AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    ),
}
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "username": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
"""How libpq's programs are told where the database is: never on a command line, which everybody can read."""

_COPY = re.compile(rb"COPY (\S+) \(.*\) FROM stdin;\n")


@contextmanager
def copied(database: Database, to: Path) -> Iterator[Ask]:
    """Copy the database of this moment into a new file; ask the same moment while the block lasts.

    Raises:
        UnavailableError: the database is away, or PostgreSQL's programs are missing or fail.
        OSError: the file cannot be written.
    """
    os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if database.is_sqlite:
        _back_up(Path(database.engine.url.database or ""), to)
        with _asked(to) as ask:
            yield ask
    else:
        with _dumped(database, to) as ask:
            yield ask


def row_counts(ask: Ask, dialect: str) -> dict[str, int]:
    """How many rows every table has."""
    names = [str(name) for (name,) in ask(_TABLES[dialect])]
    return {name: int(ask(f"SELECT count(*) FROM {_quoted(name)}")[0][0]) for name in names}  # noqa: S608 - ours


def counts_in_copy(copy: Path, dialect: str) -> dict[str, int]:
    """How many rows of every table a copy gives back when all of it is read; checks SQLite's own integrity too.

    Raises:
        UnavailableError: the copy cannot be read, or PostgreSQL's programs are missing.
    """
    if dialect == "postgresql":
        return _counted(copy)
    with _asked(copy) as ask:
        if found := [str(row[0]) for row in ask("PRAGMA integrity_check") if row[0] != "ok"]:
            raise UnavailableError(f"The copy of the database is damaged: {found[0]}")
        return row_counts(ask, dialect)


def put_back(database: Database, copy: Path, statements: Iterable[str]) -> None:
    """Make the database what the copy holds, with these statements carried out on it, in one transaction.

    Whatever the database held before is gone afterwards.

    Raises:
        UnavailableError: it cannot be done now; the database is as it was.
    """
    if database.is_sqlite:
        _put_file_back(Path(database.engine.url.database or ""), copy, statements)
    else:
        _play_back(database, copy, statements)


def is_empty(database: Database) -> bool:
    """Whether the database holds nothing that anybody would miss: no tables, or ours without organisation or account.

    Raises:
        UnavailableError: it cannot be reached.
    """
    with in_words(), database.engine.connect() as connection:
        names = set(sa.inspect(connection).get_table_names())
        if "alembic_version" not in names:
            return not names
        counted = (f"SELECT count(*) FROM {name}" for name in ("organisation", "account"))  # noqa: S608 - ours
        return not any(connection.exec_driver_sql(statement).scalar() for statement in counted)


def _back_up(source: Path, to: Path) -> None:
    sqlite = sqlite_module()
    try:
        with closing(sqlite.connect(source)) as live, closing(sqlite.connect(to)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    except sqlite.Error as error:
        raise UnavailableError(f"The database could not be copied: {error}.") from error


@contextmanager
def _asked(path: Path) -> Iterator[Ask]:
    sqlite = sqlite_module()
    try:
        with closing(sqlite.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            yield lambda statement: connection.execute(statement).fetchall()
    except sqlite.DatabaseError as error:
        raise UnavailableError(f"The copy of the database cannot be read: {error}.") from error


def _put_file_back(path: Path, copy: Path, statements: Iterable[str]) -> None:
    """The copy is changed first; SQLite then writes it over the database as one transaction."""
    sqlite = sqlite_module()
    try:
        with closing(sqlite.connect(copy)) as prepared:
            for statement in statements:
                prepared.execute(statement)
            prepared.commit()
            with closing(sqlite.connect(path)) as live:
                prepared.backup(live)
    except sqlite.Error as error:
        raise UnavailableError(f"The database was not restored: {error}. It is as it was.") from error
    os.chmod(path, 0o600)


@contextmanager
def _dumped(database: Database, to: Path) -> Iterator[Ask]:
    """pg_dump reads by the snapshot that is exported here, so that dump and questions see the same moment."""
    reading = database.engine.execution_options(isolation_level="REPEATABLE READ")
    with in_words(), reading.connect() as connection:
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        _run(["pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={to}"], database)
        yield lambda statement: connection.exec_driver_sql(statement).fetchall()


def _counted(dump: Path) -> dict[str, int]:
    """Read every row back: pg_restore writes a table's rows one to a line, up to the line that ends them."""
    command = [_program("pg_restore"), "--data-only", "--file=-", str(dump)]
    found: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        lines = iter(process.stdout or ())
        for line in lines:
            if table := _COPY.fullmatch(line):
                rows = takewhile(lambda row: row != b"\\.\n", lines)
                found[table[1].decode().replace('"', "")] = sum(1 for _ in rows)
    if process.returncode:
        raise UnavailableError("The copy of the database cannot be read back by pg_restore.")
    return found


def _play_back(database: Database, dump: Path, statements: Iterable[str]) -> None:
    """pg_restore's script, then the statements, through one psql that commits at the end of its input."""
    restore = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    psql = [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with (
        subprocess.Popen(psql, stdin=pipe, stdout=quiet, stderr=pipe, env=_environment(database)) as player,  # noqa: S603
        subprocess.Popen(restore, stdout=pipe, stderr=quiet) as script,  # noqa: S603
    ):
        try:
            _feed(player, script, statements)
        except BaseException:
            player.kill()  # before its input ends: what was begun is rolled back
            script.kill()
            raise
        _, complaint = player.communicate()
    if player.returncode:
        raise UnavailableError(f"The database was not restored and is as it was. {_first_line(complaint)}")


def _feed(player: subprocess.Popen[bytes], script: subprocess.Popen[bytes], statements: Iterable[str]) -> None:
    if player.stdin is None or script.stdout is None:  # they are pipes
        return
    try:
        for schema in ("public", "dbos"):
            player.stdin.write(f"DROP SCHEMA IF EXISTS {schema} CASCADE;\n".encode())
        player.stdin.write(b"CREATE SCHEMA public;\n")
        shutil.copyfileobj(script.stdout, player.stdin)
        if script.wait():
            raise UnavailableError("The database was not restored: pg_restore cannot read the copy.")
        player.stdin.write(b"SET search_path = public;\n")  # pg_restore's script leaves none
        for statement in statements:
            player.stdin.write(f"{statement};\n".encode())
        player.stdin.flush()
    except BrokenPipeError:
        return  # psql has stopped at an error, and says which


def _run(command: Sequence[str], database: Database) -> None:
    program = [_program(command[0]), *command[1:]]
    done = subprocess.run(program, capture_output=True, check=False, env=_environment(database))  # noqa: S603
    if done.returncode:
        raise UnavailableError(f"{command[0]} failed. {_first_line(done.stderr)}")


def _program(name: str) -> str:
    """The newest of its kind: a program of PostgreSQL reads servers of its own version and older ones."""
    found = max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version, default=None)
    program = str(found) if found else shutil.which(name)
    if program is None:
        raise RefusedError(f"{name} is not installed on this machine. Install the package postgresql-client.")
    return program


def _version(path: Path) -> float:
    number = path.parts[-3]
    return float(number) if number.replace(".", "", 1).isdecimal() else 0.0


def _environment(database: Database) -> dict[str, str]:
    url = database.engine.url
    told: Mapping[str, Any] = {**url.query, **{k: v for k, v in url.translate_connect_args().items() if v is not None}}
    named = {_VARIABLES[name]: str(value) for name, value in told.items() if name in _VARIABLES}
    return {**os.environ, "PGOPTIONS": "-c timezone=UTC", "PGCONNECT_TIMEOUT": "10", **named}


def _first_line(complaint: bytes) -> str:
    lines = [line for line in complaint.decode(errors="replace").splitlines() if line.strip()]
    told = next((line for line in lines if "ERROR" in line or "error" in line), lines[0] if lines else "")
    return told.strip()[:300]


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))
