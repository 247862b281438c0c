"""The last public state, kept on disk beside the documents, so that the page can be made anew without a database."""

import json
import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.domain.errors import UnavailableError
from app.publish.snapshot import PublicSnapshot

VERSION = 1
"""Of the form of the file; one of another version is of no use."""

_SNAPSHOT = TypeAdapter(PublicSnapshot)


def keep_snapshot(path: Path, generation: int, snapshot: PublicSnapshot) -> None:
    """Keep this state as the newest, in one rename; only its owner may read the file.

    Raises:
        UnavailableError: the disk is full or away; the one before still stands.
    """
    head = json.dumps({"version": VERSION, "generation": generation}).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, head + b"\n" + _SNAPSHOT.dump_json(snapshot))
    except OSError as error:
        raise UnavailableError(f"The public state cannot be kept at {path}: {error.strerror}.") from error


def kept_snapshot(path: Path) -> tuple[int, PublicSnapshot]:
    """The newest state that was kept, and its generation.

    Raises:
        UnavailableError: none was kept, it cannot be read, or another version wrote it.
    """
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        facts = json.loads(head)
        if facts["version"] == VERSION:
            return int(facts["generation"]), _SNAPSHOT.validate_json(body)
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise UnavailableError("The last public state was not kept in a form that can be read.") from error
    raise UnavailableError("The last public state was kept by another version of Porchlight.")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut; mode 0600."""
    new = path.with_name(f"{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
