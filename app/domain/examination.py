"""What an examination of the installation found: what would fail tonight, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Finding(StrEnum):
    """How a check came out. Only `fail` makes `porchlight doctor` exit with 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, how it came out, a sentence, and what to do. Never a secret."""

    name: str
    finding: Finding
    words: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that was found at one moment. `by` is who asked for it; the clock does so every night."""

    at: datetime
    by: str
    checks: tuple[Check, ...]

    def of(self, finding: Finding) -> tuple[Check, ...]:
        """The checks that came out so, in their order."""
        return tuple(check for check in self.checks if check.finding is finding)


def has_failed(checks: Iterable[Check]) -> bool:
    """Whether something would fail tonight."""
    return any(check.finding is Finding.FAIL for check in checks)
