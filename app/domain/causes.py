"""Causes that are suspected, found or ruled out; an outage often has several (R49, R51)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.text import printable

CAUSE_MOST = 1_000
"""Characters in one cause."""


class CauseState(StrEnum):
    """How sure we are."""

    SUSPECTED = "suspected"
    FOUND = "found"
    RULED_OUT = "ruled_out"

    @property
    def in_words(self) -> str:
        """The state in words: "Ruled out"."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause, who named it, and when it was last judged."""

    id: str
    words: str
    state: CauseState
    author: str
    at: datetime


def checked_cause(words: str) -> str:
    """The words of a cause, trimmed.

    Raises:
        RefusedError: none, or too many (field "cause").
    """
    words = printable(words).strip()
    if not words:
        raise RefusedError({"cause": "Say what you suspect, in one sentence."})
    if len(words) > CAUSE_MOST:
        raise RefusedError({"cause": f"This has {len(words):,} characters; the most is {CAUSE_MOST:,}."})
    return words
