"""The directory sink: an edition as files, for a web server in front and for a start without a database.

    ROOT/current        → a or b: what readers get, switched in one rename
    ROOT/a, ROOT/b      two whole editions: `index.html`, `index.html.gz`, `index.html.br`, ..., `manifest.json`
    ROOT/lock           held by whoever writes, with a mark of who that was
    ROOT/pulse.json     when the publisher was last seen alive (`app.publish.pulse`)

Only the folder that nobody reads is ever written. It loses its manifest first, is brought up to the
new edition (what the other folder has already is linked, the rest written and synced), gets its new
manifest, and then `current` is turned to it. So a reader always finds one whole edition under
`current`, and a stop between any two steps leaves the edition before: the folder without a manifest
is believed by nobody and made anew.

nginx (with `gzip_static on`, and `brotli_static on` where that module is installed):

    root ROOT/current;
    rewrite ^(.+)/$ $1;
    location = / { try_files /index.html =404; }
    location / { try_files $uri $uri.html $uri/index.html $uri.txt $uri.json =404; }
    error_page 404 /404.html;

Caddy:

    root * ROOT/current
    @slash path_regexp slash ^(.+)/$
    rewrite @slash {re.slash.1}
    try_files {path} {path}.html {path}/index.html {path}.txt {path}.json
    file_server { precompressed br gzip }
"""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from app.domain.errors import UnavailableError
from app.publish.documents import Document, Edition, Source, compress, digest_of
from app.publish.folder import Folder, sync
from app.publish.manifest import MANIFEST, Record, read_generation, read_manifest
from app.publish.pulse import PulseReader
from app.publish.sinks import MemorySink

_CURRENT = "current"
_FOLDERS = ("a", "b")
_LOCK_PATIENCE = 5.0
_READ_AGAIN = 5

_log = logging.getLogger("porchlight.publish")


class DirectorySink:
    """Writes editions into a directory. Several sinks, in several processes, may share one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mark = uuid4().bytes
        self._folders: dict[str, Folder] = {}

    def put(self, edition: Edition) -> None:
        """Make this edition `current`, unless a newer one is; writes only what changed.

        Raises:
            UnavailableError: the disk is full or away; the edition before still stands.
            ValueError: a document has a path that cannot be a file.
        """
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with self._lock():
                self._put(edition)
        except OSError as error:
            raise UnavailableError(f"Documents cannot be written to {self._root}: {error.strerror}.") from error

    def _put(self, edition: Edition) -> None:
        live_name = _live_name(self._root)
        live = self._folders[live_name] if live_name else None
        if live is not None and live.generation > edition.generation:
            return
        spare = next(name for name in _FOLDERS if name != live_name)
        self._folders[spare].become(edition, live.records if live else {}, self._root / (live_name or spare))
        self._turn(spare)

    def _turn(self, name: str) -> None:
        new = self._root / f"{_CURRENT}.new"
        with suppress(FileNotFoundError):
            os.unlink(new)
        os.symlink(name, new)
        os.replace(new, self._root / _CURRENT)
        sync(self._root)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Write alone. What another writer left since our last time is read from the disk."""
        descriptor = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _wait_for(descriptor)
            if os.pread(descriptor, len(self._mark), 0) != self._mark:
                self._folders = {name: Folder.found(self._root / name) for name in _FOLDERS}
                os.pwrite(descriptor, self._mark, 0)
            yield
        finally:
            os.close(descriptor)


def load_edition(root: Path, known: Edition | None = None) -> Edition | None:
    """The edition of a directory, or None when there is none that can be read. Every byte is verified.

    Documents that `known` has already are taken from it instead of being read. A file that is
    damaged is left out; if that makes the current edition incomplete, a complete one before it is
    preferred.
    """
    for _ in range(_READ_AGAIN):
        stamp, live = _stamp(root), _live_name(root)
        current = _read(root / live, known) if live else None
        if current is not None and current.is_whole:
            return current.edition
        if _stamp(root) == stamp:
            # Nobody is writing: this is damage.
            return _least_damaged(current, *(_read(root / name, known) for name in _FOLDERS if name != live))
        # A publisher turned the page while we were reading: what we read is being written over.
    return None


@dataclass(frozen=True, slots=True)
class _Reading:
    edition: Edition
    is_whole: bool


def _least_damaged(*readings: _Reading | None) -> Edition | None:
    found = [reading for reading in readings if reading is not None]
    best = max(found, key=lambda reading: reading.is_whole, default=None)
    return best.edition if best else None


def _stamp(root: Path) -> tuple[int, int] | None:
    """Changes whenever another edition becomes current; None before the first."""
    try:
        manifest = os.stat(root / _CURRENT / MANIFEST)
    except OSError:
        return None
    return manifest.st_ino, manifest.st_ctime_ns


def _read(folder: Path, known: Edition | None) -> _Reading | None:
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    kept = known.documents if known else {}
    documents: dict[str, Document] = {}
    for path, record in manifest.records.items():
        document = kept.get(path)
        if document is None or not record.is_of(document):
            document = _read_document(folder, record)
        if document is not None:
            documents[path] = document
    edition = Edition(manifest.generation, manifest.as_of, documents)
    return _Reading(edition, is_whole=len(documents) == len(manifest.records))


def _read_document(folder: Path, record: Record) -> Document | None:
    body, gzip, brotli = (_bytes(folder / file) for file in record.files)
    if body is None or digest_of(body) != record.digest:
        _log.error("%s is damaged and left out", folder / record.file)
        return None
    if gzip is None or brotli is None or (digest_of(gzip), digest_of(brotli)) != (record.gzip, record.brotli):
        return compress(Source(record.path, record.media_type, body), record.modified_at)
    return Document(record.path, record.media_type, gzip, brotli, record.digest, record.modified_at)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def published_generation(root: Path) -> int | None:
    """The generation that readers of the directory get now, without reading its documents."""
    return read_generation(root / _CURRENT)


def follow(root: Path, memory: MemorySink, stop: threading.Event, *, every: float = 0.2) -> threading.Thread:
    """Keep `memory` at the newest edition of a directory that another process writes.

    Loads what is there before it returns, then looks every so many seconds in a thread of its own
    until `stop` is set. What goes wrong is logged; the edition before goes on being served.
    """
    follower = _Follower(root, memory)
    follower.look()
    thread = threading.Thread(target=follower.run, args=(stop, every), name="follow-documents", daemon=True)
    thread.start()
    return thread


class _Follower:
    def __init__(self, root: Path, memory: MemorySink) -> None:
        self._root = root
        self._memory = memory
        self._seen: tuple[int, int] | None = None
        self._pulse = PulseReader(root)

    def run(self, stop: threading.Event, every: float) -> None:
        while not stop.wait(every):
            self.look()

    def look(self) -> None:
        self._memory.pulse = self._pulse.read()
        try:
            seen = _stamp(self._root)
            if seen is not None and seen != self._seen and self._is_up_to_date():
                self._seen = seen
        except Exception:
            _log.exception("documents in %s cannot be read", self._root)

    def _is_up_to_date(self) -> bool:
        current, generation = self._memory.edition, published_generation(self._root)
        if current is not None and generation is not None and generation <= current.generation:
            return True  # This process published it itself.
        edition = load_edition(self._root, current)
        if edition is not None:
            self._memory.put(edition)
        return edition is not None


def newest_generation(root: Path) -> int:
    """The generation that readers of the directory have; 0 where there is none."""
    live = _live_name(root)
    return (read_generation(root / live) or 0) if live else 0


def _live_name(root: Path) -> str | None:
    try:
        name = os.readlink(root / _CURRENT)
    except OSError:
        return None
    return name if name in _FOLDERS else None


def _wait_for(descriptor: int) -> None:
    """Take the lock, or give up after five seconds: whoever holds it longer is not well."""
    until = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
