"""Backup and redundancy are two things (R57): a copy that was read back, and something that ran in place of the rest.

Neither is believed on anybody's word. What proves a copy is a restore that worked, what proves a
stand-in is a switch to it that worked, and either proof grows old.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

PROOF_HOLDS = timedelta(days=183)
"""How long a proof is believed: half a year, as vendors change more than twice a year."""


class Safeguard(StrEnum):
    """What keeps a component's work from being lost, or from standing still."""

    COPY = "copy"
    STAND_IN = "stand_in"

    @property
    def in_words(self) -> str:
        """The safeguard as the console names it."""
        return {"copy": "Copy", "stand_in": "Stand-in"}[self]

    @property
    def proved_by(self) -> str:
        """The test that proves it."""
        return {"copy": "restore test", "stand_in": "switch test"}[self]


class Standing(StrEnum):
    """What the last test is worth. Everything but `proved` is red."""

    PROVED = "proved"
    AGED = "aged"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Test:
    """One test that worked, and what was done."""

    __test__ = False

    safeguard: Safeguard
    on: date
    words: str = ""


def standing_of(test: Test | None, today: date) -> Standing:
    """What the newest test of a safeguard is worth that day."""
    if test is None:
        return Standing.UNTESTED
    return Standing.PROVED if today - test.on <= PROOF_HOLDS else Standing.AGED


def is_safe(tests: Mapping[Safeguard, Test], today: date) -> bool:
    """Whether both the copy and the stand-in were tested lately."""
    return all(standing_of(tests.get(each), today) is Standing.PROVED for each in Safeguard)
