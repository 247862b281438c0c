"""One of the directory's two folders: what is in it, and how it becomes another edition.

A folder is only ever changed while nobody reads it, and without a manifest; see `app.publish.directory`.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.publish.documents import Document, Edition
from app.publish.manifest import LIST, MANIFEST, Record, encoded, read_manifest, record_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SYNC_ONE_BY_ONE = 200
"""Up to this many files are synced each; more are left to one sync of the whole system, which is quicker then."""


@dataclass
class Folder:
    """One of the two folders, and what is known to be in it: nothing, until its manifest says so."""

    path: Path
    generation: int = -1
    records: dict[str, Record] = field(default_factory=dict)
    is_known: bool = False

    @classmethod
    def found(cls, path: Path) -> "Folder":
        """A folder as another process left it; one that lacks a file is not known, and will be made anew."""
        manifest = read_manifest(path)
        if manifest is None:
            return cls(path)
        there = {os.path.join(place, name) for place, _, names in os.walk(path) for name in names}
        records = manifest.records.values()
        if not there.issuperset(os.path.join(path, file) for record in records for file in record.files):
            return cls(path, manifest.generation)
        return cls(path, manifest.generation, dict(manifest.records), is_known=True)

    def become(self, edition: Edition, theirs: Mapping[str, Record], live: Path) -> None:
        """Hold exactly this edition, and say so in a manifest at the end.

        `theirs` are the records of the folder `live`, whose files may be linked.
        """
        wanted = _wanted(edition, self.records, theirs)
        self._unseal()
        changes = _Changes(self.path, live)
        for path in self.records.keys() - wanted.keys():
            changes.discard(self.records[path])
        for path, record in wanted.items():
            known = self.records.get(path)
            if known is None or not known.is_same_files(record):
                changes.take(edition.documents[path], record, known, theirs.get(path))
        changes.sync()
        self.records = wanted
        self._seal(edition)

    def _unseal(self) -> None:
        """From here to the seal nobody believes this folder, ourselves included."""
        try:
            os.unlink(self.path / MANIFEST)
        except FileNotFoundError:
            self.is_known = False  # Never filled, left half-way, or somebody has been at it.
        if not self.is_known:
            self.records = {}
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir()
        self.is_known, self.generation = False, -1
        # Before anything else changes: after a power cut, a manifest must not vouch for other files.
        sync(self.path)

    def _seal(self, edition: Edition) -> None:
        listed, manifest = encoded(edition.generation, edition.as_of, self.records.values())
        new = self.path / f"{MANIFEST}.new"
        for path, content in ((self.path / LIST, listed), (new, manifest)):
            with suppress(FileNotFoundError):
                os.unlink(path)
            _write(path, content, edition.as_of)
            sync(path)
        sync(self.path)
        os.replace(new, self.path / MANIFEST)
        sync(self.path)
        self.is_known, self.generation = True, edition.generation


class _Changes:
    """What is changed in a folder, so that it can be synced at the end."""

    def __init__(self, folder: Path, live: Path) -> None:
        self._folder = folder
        self._live = live
        self._written: list[Path] = []
        self._touched: set[Path] = {folder}

    def discard(self, record: Record) -> None:
        """Remove a document's files."""
        for path in self._places(record):
            with suppress(FileNotFoundError):
                os.unlink(path)

    def take(self, document: Document, record: Record, known: Record | None, theirs: Record | None) -> None:
        """Put a document in place of the one known; linked when the live folder has the same."""
        if known is not None:
            self.discard(known)
        if theirs is not None and theirs.is_same_files(record) and self._link(record):
            return
        for path, body in zip(self._places(record), (document.body, document.gzip, document.brotli), strict=True):
            _write(path, body, document.modified_at)
            self._written.append(path)

    def _link(self, record: Record) -> bool:
        """Whether all three could be linked; a file system may not know how, or a file may be missing there."""
        try:
            for file, path in zip(record.files, self._places(record), strict=True):
                os.link(self._live / file, path)
        except OSError:
            self.discard(record)
            return False
        return True

    def _places(self, record: Record) -> list[Path]:
        places = [self._folder / file for file in record.files]
        parent = places[0].parent
        if parent not in self._touched:
            parent.mkdir(parents=True, exist_ok=True)
            self._touched.update(above for above in (parent, *parent.parents) if above.is_relative_to(self._folder))
        return places

    def sync(self) -> None:
        """See that everything is on the disk."""
        paths = [*self._written, *self._touched]
        if len(paths) > _SYNC_ONE_BY_ONE:
            os.sync()
            return
        for path in paths:
            sync(path)


def _wanted(edition: Edition, *known: Mapping[str, Record]) -> dict[str, Record]:
    """The records of an edition; those already known are not made again.

    Raises:
        ValueError: two documents would be the same file, or one cannot be a file at all.
    """
    wanted = {path: _known(document, known) or record_of(document) for path, document in edition.documents.items()}
    if len({record.file for record in wanted.values()}) < len(wanted):
        raise ValueError("Two documents of the edition would be the same file.")
    return wanted


def _known(document: Document, known: tuple[Mapping[str, Record], ...]) -> Record | None:
    for records in known:
        record = records.get(document.path)
        if record is not None and record.is_of(document):
            return record
    return None


def _write(path: Path, body: bytes, modified_at: datetime) -> None:
    # Exclusively: to write into a file that is there would be to write into the one linked to it.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        rest = memoryview(body)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        # A web server in front makes Last-Modified of it: the same on every machine.
        moment = (modified_at - _EPOCH) // _MICROSECOND * 1_000
        os.utime(descriptor, ns=(moment, moment))
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
