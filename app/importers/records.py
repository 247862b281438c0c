"""What every importer yields, and the sentences that say what was wrong with a record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.commands.imported import ImportedComponent, ImportedIncident, ImportedMaintenance


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that could not be taken, by the name its source gives it, and why."""

    record: str
    reason: str


Record = ImportedComponent | ImportedIncident | ImportedMaintenance | Skipped


Importer = Callable[[Path, datetime], Iterator[Record]]
"""Reads a file or folder of one kind, at a moment that tells past from future.

It yields records in any order; every component that an incident names is among them. It raises
RefusedError when the whole is not of that kind or cannot be read; nothing was kept then.
"""


class Defects:
    """What is wrong with one record: each sentence once, in the order in which it was found."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], int] = {}

    def note(self, sentence: str) -> None:
        """Something that is wrong with the record as a whole."""
        self._found[sentence, ""] = 1

    def count(self, one: str, many: str) -> None:
        """Something that is wrong with a part: `one` and `many` follow the number."""
        self._found[one, many] = self._found.get((one, many), 0) + 1

    def sentences(self) -> tuple[str, ...]:
        """All of them, for a person to read."""
        return tuple(_sentence(one, many, number) for (one, many), number in self._found.items())


def _sentence(one: str, many: str, number: int) -> str:
    if not many:
        return one
    return f"1 {one}." if number == 1 else f"{number:,} {many}."
