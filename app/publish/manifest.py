"""What a stored edition consists of: two files that are written after everything they name.

    manifest.json     {"generation": 7, "as_of": "...", "documents": 412, "digest": "..."}
    documents.jsonl   one line per document: {"path": "/", "file": "index.html", "media_type": "...",
                      "modified_at": "...", "digest": "...", "gzip": "...", "brotli": "..."}

The manifest is small, so that a page may ask it how old the copy is. Its `digest` is that of the
list, and the list has one for each of a document's three files: whoever reads can verify every byte.
Where a manifest stands, the edition is whole.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.publish.documents import ATOM, CALENDAR, HTML, JSON, RSS, TEXT, Document, digest_of

MANIFEST = "manifest.json"
LIST = "documents.jsonl"

_PARTS = ("", ".gz", ".br")
_ENDINGS = {HTML: ".html", JSON: ".json", TEXT: ".txt", ATOM: ".atom", RSS: ".rss", CALENDAR: ".ics"}
_GENERATION = re.compile(rb'\{"generation": (\d+),')


@dataclass(frozen=True, slots=True)
class Record:
    """One document as it is stored: `file` relative to the folder, `line` as it stands in the list."""

    path: str
    file: str
    media_type: str
    modified_at: datetime
    digest: str
    gzip: str
    brotli: str
    line: bytes = field(repr=False)

    @property
    def files(self) -> tuple[str, str, str]:
        """The plain file and, beside it, the ones in gzip and brotli."""
        plain, gzip, brotli = (self.file + part for part in _PARTS)
        return plain, gzip, brotli

    def is_same_files(self, other: "Record") -> bool:
        """Whether the other is of the same bytes in the same place; when they were published does not matter."""
        return (self.file, self.digest, self.gzip, self.brotli) == (other.file, other.digest, other.gzip, other.brotli)

    def is_of(self, document: Document) -> bool:
        """Whether this is the record of exactly that document."""
        return (self.digest, self.modified_at, self.media_type) == (
            document.digest,
            document.modified_at,
            document.media_type,
        )


_FACTS = ("path", "file", "media_type", "modified_at", "digest", "gzip", "brotli")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A stored edition; `records` by path of the document."""

    generation: int
    as_of: datetime
    records: Mapping[str, Record]


def record_of(document: Document) -> Record:
    """The facts about a document.

    Raises:
        ValueError: its path cannot be a file of the edition.
    """
    facts = {
        "path": document.path,
        "file": file_name(document.path, document.media_type),
        "media_type": document.media_type,
        "modified_at": document.modified_at.isoformat(),
        "digest": document.digest,
        "gzip": digest_of(document.gzip),
        "brotli": digest_of(document.brotli),
    }
    return _record(json.dumps(facts, ensure_ascii=False).encode())


def file_name(path: str, media_type: str) -> str:
    """Where a document is stored, so that a web server finds it by its path and its type by its ending.

    `/` is `index.html`, `/es/` is `es/index.html`, `/history` is `history.html` beside the folder
    `history/`, `/text` is `text.txt`, `/api/v2/summary.json` is itself.

    Raises:
        ValueError: the path leaves the folder, or stands where the manifest does.
    """
    relative = path.removeprefix("/")
    if not relative or relative.endswith("/"):
        relative += "index"
    if not path.startswith("/") or not _is_inside(relative) or relative in (MANIFEST, LIST):
        raise ValueError(f"{path!r} cannot be stored as a file.")
    ending = _ENDINGS.get(media_type, "")
    return relative if relative.endswith(ending) else relative + ending


def _is_inside(file: str) -> bool:
    return "\0" not in file and not any(segment in ("", ".", "..") for segment in file.split("/"))


def encoded(generation: int, as_of: datetime, records: Iterable[Record]) -> tuple[bytes, bytes]:
    """The list and the manifest as they are stored."""
    lines = [record.line for record in records]
    listed = b"\n".join([*lines, b""])
    facts = {
        "generation": generation,
        "as_of": as_of.isoformat(),
        "documents": len(lines),
        "digest": digest_of(listed),
    }
    return listed, json.dumps(facts).encode()


def read_manifest(folder: Path) -> Manifest | None:
    """What a folder says that it holds; None when it says nothing, or what we would not have said."""
    try:
        facts = json.loads((folder / MANIFEST).read_bytes())
        listed = (folder / LIST).read_bytes()
        if digest_of(listed) != facts["digest"]:
            return None
        records = {record.path: record for record in map(_record, listed.splitlines())}
        return Manifest(int(facts["generation"]), _moment(facts["as_of"]), records)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _record(line: bytes) -> Record:
    facts = json.loads(line)
    facts["modified_at"] = _moment(facts["modified_at"])
    # It may have come from a backup or another machine: it must not make us read outside its folder.
    if not _is_inside(facts["file"]):
        raise ValueError("a file outside the folder")
    return Record(**{name: facts[name] for name in _FACTS}, line=line)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its time zone")
    return moment


def read_generation(folder: Path) -> int | None:
    """The generation of a folder, without reading the rest."""
    try:
        found = _GENERATION.match((folder / MANIFEST).read_bytes())
    except OSError:
        return None
    return int(found.group(1)) if found else None
