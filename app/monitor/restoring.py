"""Bringing a backup back: whole or not at all, and silent until a person says otherwise."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.domain.backups import BackupFacts
from app.domain.errors import RefusedError, UnavailableError
from app.monitor.backups import DATABASE, Unpacked, unpack, workroom
from app.publish.kept_snapshot import write_whole
from app.store.copies import counts_in_copy, is_empty, put_back
from app.store.heartbeats import live_executors
from app.store.restorations import marks
from app.store.schema import check_known, schema_revision
from app.store.session import Database

WORKER_SILENCE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: the backup's own facts, and how many posts that waited were laid aside for a person."""

    facts: BackupFacts
    laid_aside: int


def restore(
    database: Database, data_dir: Path, path: Path, secret: str, *, now: datetime, may_replace: bool = False
) -> Restored:
    """Make the database what a backup holds. It may be of an older schema: migrate afterwards.

    Nothing that comes back is said again (`app.store.restorations.marks`), and the clock is silent
    until a person releases it. Posts that waited are laid into `spool/refused`: the lost machine may
    have told them.

    Raises:
        RefusedError: the database holds something and may not be replaced, a worker is at work on
            it, the backup is of the other kind of database or of a newer Porchlight, the key is
            another one, or the file is damaged or cut off. Nothing was changed.
        UnavailableError: the database or a program is away, or a disk is full. Nothing was changed.
    """
    try:
        with workroom(data_dir) as room:
            unpacked = unpack(path, secret, room)
            _check(database, unpacked.facts, room, may_replace=may_replace, now=now)
            dialect = database.engine.dialect.name
            statements = marks(dialect, taken_at=unpacked.facts.taken_at, restored_at=now)
            database.engine.dispose()  # no connection of ours may remember the rows of before
            put_back(database, room / DATABASE, statements)
            return Restored(unpacked.facts, _lay_aside(data_dir, unpacked))
    except OSError as error:
        raise UnavailableError(f"The backup was not restored: {error.strerror}. Nothing was changed.") from error


def _check(database: Database, facts: BackupFacts, room: Path, *, may_replace: bool, now: datetime) -> None:
    if facts.database != database.engine.dialect.name:
        raise RefusedError(
            f"This backup is of a {facts.database} database, and PORCHLIGHT_DATABASE_URL names one of another kind."
        )
    check_known(facts.schema, "This backup")
    if is_empty(database):
        pass
    elif not may_replace:
        raise RefusedError("This database is not empty. Restore into an empty one, or say --replace.")
    else:
        _check_nobody_works(database, now)
    if counts_in_copy(room / DATABASE, facts.database) != dict(facts.rows):
        raise RefusedError("This backup does not hold what it says; nothing was taken from it. Use another one.")


def _check_nobody_works(database: Database, now: datetime) -> None:
    if schema_revision(database) is None:
        return
    with database.read() as session:
        if live_executors(session, now - WORKER_SILENCE):
            raise RefusedError("A worker is at work on this database. Stop every process first, then wait 30 seconds.")


def _lay_aside(data_dir: Path, unpacked: Unpacked) -> int:
    refused = data_dir / "spool" / "refused"
    for name, body in unpacked.spooled.items():
        refused.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(refused / name, body)
    return len(unpacked.spooled)
