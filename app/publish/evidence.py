"""The evidence of one incident as one file: record, updates, timeline, report, and its part of the audit log (R71)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from app.domain.audit import Entry, Link, Verification, facts_of
from app.domain.errors import RefusedError
from app.domain.evidence import AUDIT, MANIFEST, manifest_of
from app.domain.incidents import Incident
from app.domain.report import Report
from app.domain.timeline import TimelineEntry
from app.publish.language import Language
from app.publish.report import as_markdown, as_paper

_LARGEST = 50_000_000


def evidence_files(
    incident: Incident,
    course: Sequence[TimelineEntry],
    report: Report,
    entries: Iterable[tuple[Link, Entry]],
    log: Verification,
    *,
    language: Language,
    now: datetime,
) -> dict[str, bytes]:
    """Every file by name, the manifest last. `log` is what following the whole audit log found at that moment."""
    record = asdict(incident)
    updates = record.pop("updates")
    files = {
        "record.json": _json(record),
        "updates.json": _json(updates),
        "timeline.json": _json([asdict(entry) for entry in course]),
        "report.md": as_markdown(report, language).encode(),
        "report.pdf": as_paper(report, language, now),
        AUDIT: "".join(_line(link, entry) for link, entry in entries).encode(),
    }
    facts = {
        "incident": incident.id,
        "reference": incident.reference,
        "taken_out_at": now.isoformat(),
        "audit_log": {"entries": log.entries, "head": f"{log.head.seq}:{log.head.hash}", "is_whole": log.is_whole},
    }
    return files | {MANIFEST: manifest_of(files, facts)}


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files as one ZIP archive."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return archive.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of a ZIP archive by name.

    Raises:
        RefusedError: it is none, or larger than evidence is.
    """
    try:
        with ZipFile(BytesIO(archive)) as file:
            if sum(info.file_size for info in file.infolist()) > _LARGEST:
                raise RefusedError("This archive is larger than evidence of an incident is.")
            return {info.filename: file.read(info) for info in file.infolist()}
    except BadZipFile:
        raise RefusedError("This is no ZIP archive.") from None


def _line(link: Link, entry: Entry) -> str:
    facts = facts_of(link.seq, entry) | {"previous_hash": link.previous_hash, "hash": link.hash}
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n"


def _json(value: Any) -> bytes:
    return (json.dumps(value, default=_told, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
