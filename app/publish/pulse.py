"""The publisher's pulse: when it was last seen alive, beside the documents, so that a copy can say how old it is.

    ROOT/pulse.json     {"at": "2026-04-05T02:41:00Z"}

No part of an edition: it changes every minute while the page stands still, and nothing else may change
with it. Once the publisher is dead it stands still too, and the page's script reads how long
(continuity.md, "Static copies").
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from app.domain.errors import UnavailableError
from app.publish.documents import Edition

PULSE = "pulse.json"
CACHING = "no-cache"
"""Kept only by whoever asks each time whether it is still true."""


def pulse(at: datetime) -> bytes:
    """The document: a moment, to the second."""
    return json.dumps({"at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}).encode()


class PulseFile:
    """The pulse in a directory that documents are published into. Several processes may write it."""

    def __init__(self, root: Path) -> None:
        self._path = root / PULSE

    def beat(self, at: datetime) -> None:
        """Say that the publisher was alive at that moment; readers find the old file or the new, whole.

        Raises:
            UnavailableError: the disk is full or away.
        """
        new = self._path.with_name(f".{PULSE}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(pulse(at))
            new.replace(self._path)
        except OSError as error:
            raise UnavailableError(f"{self._path} cannot be written: {error.strerror}.") from error

    def put(self, edition: Edition) -> None:
        """A publication is a sign of life as well: also one that is made without the worker.

        Raises:
            UnavailableError: the disk is full or away.
        """
        self.beat(edition.as_of)


class PulseReader:
    """Reads the pulse of a directory again when it has changed."""

    def __init__(self, root: Path) -> None:
        self._path = root / PULSE
        self._seen = 0
        self._body = b""

    def read(self) -> bytes:
        """The newest pulse; empty before the first."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._seen:
                self._seen, self._body = changed, self._path.read_bytes()
        except OSError:
            pass  # the last one known goes on growing old, which is what it is for
        return self._body
