"""Backups: one sealed file for everything that a new machine needs, proved before it counts.

    DIR/porchlight-20261121T083000Z.backup    sealed (app.store.sealed_files), inside a gzipped tar:
        manifest.json          BackupFacts
        database               an SQLite file, or a dump in pg_dump's custom format
        documents.jsonl        what was published last: the list beside the documents
        spool/NAME.json        posts that still wait for the database

The copy lies for a moment beside the data, never beside the backups, because it is not sealed. A
backup is read back, opened and counted before it gets its name; a stop at any point leaves the
backups before it as they were.
"""

import fcntl
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from app.domain.backups import LEAST_KEY, BackupFacts, backup_name, backup_trouble, superfluous, taken_at
from app.domain.errors import PorchlightError, RefusedError, UnavailableError
from app.publish.manifest import LIST
from app.store.copies import Ask, copied, counts_in_copy, row_counts
from app.store.sealed_files import SealedReader, SealedWriter
from app.store.session import Database

MANIFEST, DATABASE, DOCUMENTS, SPOOL = "manifest.json", "database", "documents.jsonl", "spool"

_FACTS = TypeAdapter(BackupFacts)
_SPOOLED = re.compile(r"spool/(?:refused/)?[A-Za-z0-9_.-]+\.json")
_FAILURE = "backup-failed"
_WORKROOM = ".backup-"


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup on disk and what it says of itself."""

    path: Path
    size: int
    facts: BackupFacts


def check_key(secret: str) -> None:
    """Refuse a backup key that could be guessed.

    Raises:
        RefusedError: it is missing or short.
    """
    if len(secret) < LEAST_KEY:
        raise RefusedError(
            f"Set PORCHLIGHT_BACKUP_KEY (or _FILE) to at least {LEAST_KEY} random characters, such as those of "
            "“openssl rand -hex 32”, and keep it apart from the backups."
        )


def back_up(database: Database, data_dir: Path, to: Path, secret: str, *, keep: int, now: datetime) -> Backup:
    """Write one backup into the folder `to`, prove it, and remove all but the newest `keep`.

    Raises:
        RefusedError: there is no good key, or another backup is at work in this folder.
        UnavailableError: the database is away, a disk is full, or the backup could not be proved;
            nothing was kept, and older backups are as they were.
    """
    check_key(secret)
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(to / ".lock"), workroom(data_dir) as room:
            for left in to.glob("porchlight-*.partial"):
                left.unlink()
            made = _make(database, data_dir, to / backup_name(now), secret, room, now)
            for name in superfluous(os.listdir(to), keep):
                (to / name).unlink()
    except OSError as error:
        raise UnavailableError(f"The backup could not be written: {error.strerror}. Nothing was kept.") from error
    return made


def verify(path: Path, secret: str, room: Path) -> BackupFacts:
    """Read a backup to its last byte and count what its database gives back.

    Raises:
        RefusedError: it is no backup, the key is another one, or it is damaged or cut off.
        UnavailableError: what it holds is not what it says, or cannot be looked at here.
    """
    unpacked = unpack(path, secret, room)
    found = counts_in_copy(room / DATABASE, unpacked.facts.database)
    differing = sorted(name for name, number in unpacked.facts.rows.items() if found.get(name) != number)
    if differing:
        raise UnavailableError(f"The backup does not hold what was copied: {differing[0]} differs.")
    return unpacked.facts


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of a backup: its manifest, and the posts that waited, by file name."""

    facts: BackupFacts
    spooled: Mapping[str, bytes]


def unpack(path: Path, secret: str, room: Path) -> Unpacked:
    """Open a backup: its database goes into the folder `room`. Nothing is believed before all of it is proved.

    Raises:
        RefusedError: it is no backup, the key is another one, or it is damaged or cut off.
    """
    check_key(secret)
    try:
        with path.open("rb") as file:
            return _unpack(SealedReader(file, secret), room)
    except FileNotFoundError:
        raise RefusedError(f"There is no file {path}.") from None
    except (tarfile.TarError, ValidationError, EOFError) as error:
        raise RefusedError("This file was sealed with your key and yet holds no backup of Porchlight's.") from error


def newest_backup(place: Path) -> Path:
    """The file itself, or the newest backup of a folder.

    Raises:
        RefusedError: the folder holds none.
    """
    if not place.is_dir():
        return place
    names = sorted(path.name for path in place.iterdir() if taken_at(path.name))
    if not names:
        raise RefusedError(f"There is no backup in {place}.")
    return place / names[-1]


def trouble_of(folder: Path, data_dir: Path, now: datetime) -> str:
    """What is wrong with the nightly backups, in words; empty while all is well."""
    try:
        names = os.listdir(folder)
    except OSError as error:
        return f"The backups in {folder} cannot be listed: {error.strerror}."
    return backup_trouble(names, _read_failure(data_dir), now)


def back_up_nightly(database: Database, data_dir: Path, to: Path, secret: str, *, keep: int, now: datetime) -> None:
    """As `back_up`; a failure is also kept where `trouble_of` finds it, until a night without one.

    Raises:
        PorchlightError: as `back_up`.
    """
    note = data_dir / _FAILURE
    try:
        back_up(database, data_dir, to, secret, keep=keep, now=now)
    except PorchlightError as error:
        with suppress(OSError):
            note.write_text(f"{error}\n", encoding="utf-8")
        raise
    note.unlink(missing_ok=True)


@contextmanager
def workroom(data_dir: Path) -> Iterator[Path]:
    """A folder beside the data for what is not sealed; nothing of it stays, not even of one that was killed."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with _alone(data_dir / ".backup.lock"):
        for left in data_dir.glob(f"{_WORKROOM}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_WORKROOM, dir=data_dir) as room:
            yield Path(room)


def _make(database: Database, data_dir: Path, path: Path, secret: str, room: Path, now: datetime) -> Backup:
    facts = _copy(database, room / DATABASE, now)
    partial = path.with_suffix(".partial")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            sealed = SealedWriter(file, secret)
            _pack(sealed, facts, room / DATABASE, data_dir)
            sealed.finish()
            file.flush()
            os.fsync(file.fileno())
        (room / DATABASE).unlink()
        verify(partial, secret, room)
        partial.replace(path)
        _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)
    return Backup(path, path.stat().st_size, facts)


def _copy(database: Database, to: Path, now: datetime) -> BackupFacts:
    dialect = database.engine.dialect.name
    with copied(database, to) as ask:
        return BackupFacts(
            product=version("porchlight"),
            database=dialect,
            schema=str(ask("SELECT version_num FROM alembic_version")[0][0]),
            taken_at=now,
            rows=row_counts(ask, dialect),
            audit_head=_audit_head(ask),
            generation=_generation(ask),
        )


def _audit_head(ask: Ask) -> str:
    number, digest = ask("SELECT seq, hash FROM audit_head")[0]
    return f"{number}:{digest}"


def _generation(ask: Ask) -> int:
    return max((int(row[0]) for row in ask("SELECT generation FROM publication")), default=0)


def _pack(sealed: SealedWriter, facts: BackupFacts, copy: Path, data_dir: Path) -> None:
    with tarfile.open(mode="w|gz", fileobj=sealed) as tar:  # type: ignore[call-overload]
        _add(tar, MANIFEST, json.dumps(asdict(facts), default=str, indent=1).encode())
        with copy.open("rb") as file:
            tar.addfile(_entry(DATABASE, copy.stat().st_size), file)
        documents = data_dir / "public" / "current" / LIST
        if documents.exists():
            _add(tar, DOCUMENTS, documents.read_bytes())
        for path in sorted((data_dir / SPOOL).rglob("*.json")):
            _add(tar, path.relative_to(data_dir).as_posix(), path.read_bytes())


def _add(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    tar.addfile(_entry(name, len(body)), BytesIO(body))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _unpack(reader: SealedReader, room: Path) -> Unpacked:
    facts, spooled = None, {}
    with tarfile.open(mode="r|gz", fileobj=reader) as tar:  # type: ignore[call-overload]
        for entry in tar:
            content = tar.extractfile(entry)
            if content is None:
                continue
            if entry.name == MANIFEST:
                facts = _FACTS.validate_json(content.read())
            elif entry.name == DATABASE:
                _keep(content, room / DATABASE)
            elif _SPOOLED.fullmatch(entry.name):
                spooled[Path(entry.name).name] = content.read()
    reader.drain()
    if facts is None or not (room / DATABASE).exists():
        raise tarfile.ReadError("a part is missing")
    return Unpacked(facts, spooled)


def _keep(content: IO[bytes], path: Path) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        shutil.copyfileobj(content, file)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two at once would take each other's unfinished files away."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError("Another backup or restore is at work here.") from None
        yield
    finally:
        os.close(descriptor)


def _read_failure(data_dir: Path) -> str:
    try:
        return (data_dir / _FAILURE).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
