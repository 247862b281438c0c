"""Evidence of one incident that proves itself: every file by its hash, every audit entry by its own (R71).

The manifest holds the SHA-256 of each file. The SHA-256 of the manifest is noted in the audit log when
the evidence is taken out, so that even somebody who makes all hashes anew is found out there.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MANIFEST = "manifest.json"
AUDIT = "audit.jsonl"
_LINK = ("previous_hash", "hash")


@dataclass(frozen=True, slots=True)
class Proof:
    """What looking through the evidence found. `digest` is that of the manifest, as the audit log notes it."""

    digest: str
    entries: int
    trouble: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing in it was altered."""
        return not self.trouble


def manifest_of(files: Mapping[str, bytes], facts: Mapping[str, object]) -> bytes:
    """The manifest over these files, with what else is to be known."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    return (json.dumps(dict(facts) | {"files": hashes}, indent=2, sort_keys=True) + "\n").encode()


def digest_of(manifest: bytes) -> str:
    """The one number that stands for all of it."""
    return hashlib.sha256(manifest).hexdigest()


def prove(files: Mapping[str, bytes]) -> Proof:
    """Look through the evidence: every file against the manifest, every audit entry against its own hash.

    Entries of other incidents are left out of it; two that follow each other in the log are checked as
    a chain, the others each against the hash of the entry before, which they carry.
    """
    manifest = files.get(MANIFEST, b"")
    entries = [line for line in files.get(AUDIT, b"").decode("utf-8", "replace").splitlines() if line]
    trouble = (*_file_trouble(manifest, files), *_entry_trouble(entries))
    return Proof(digest_of(manifest), len(entries), trouble)


def _file_trouble(manifest: bytes, files: Mapping[str, bytes]) -> Iterable[str]:
    try:
        stated: Any = json.loads(manifest)["files"]
        hashes = {str(name): str(digest) for name, digest in stated.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        yield "The manifest is missing or cannot be read."
        return
    for name, digest in hashes.items():
        if name not in files:
            yield f"{name} is missing."
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            yield f"{name} was altered."
    for name in sorted(files.keys() - hashes.keys() - {MANIFEST}):
        yield f"{name} was added."


def _entry_trouble(lines: Iterable[str]) -> Iterable[str]:
    before: dict[str, Any] | None = None
    for number, line in enumerate(lines, start=1):
        entry = _entry(line)
        if entry is None or entry["hash"] != _hash_of(entry):
            yield f"Entry {entry['seq'] if entry else f'on line {number}'} of the audit log was altered."
        elif before and entry["seq"] <= before["seq"]:
            yield f"Entry {entry['seq']} of the audit log is out of order."
        elif before and entry["seq"] == before["seq"] + 1 and entry["previous_hash"] != before["hash"]:
            yield f"Entry {entry['seq']} of the audit log does not follow the one before."
        before = entry or before


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry: Any = json.loads(line)
    except ValueError:
        return None
    is_whole = isinstance(entry, dict) and isinstance(entry.get("seq"), int) and all(name in entry for name in _LINK)
    return entry if is_whole else None


def _hash_of(entry: Mapping[str, Any]) -> str:
    """The hash that these facts have in the chain (`app.domain.audit.canonical`)."""
    facts = {name: value for name, value in entry.items() if name not in _LINK}
    told = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return hashlib.sha256(str(entry["previous_hash"]).encode() + told).hexdigest()
