"""What was done, seen and decided in one incident, told in the order of time (R49, R60).

Some of it is written by people; the rest is read from what they did: words to members, parts taken,
decisions, pages, addresses that were switched. The report prints it as "times, actions, people".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.text import printable

ENTRY_MOST = 4_000
"""Characters in one entry."""

_FORESIGHT = timedelta(minutes=1)


class EntryKind(StrEnum):
    """What an entry tells of. Those that `is_written` come from people, the others from the record."""

    ACTION = "action"
    OBSERVATION = "observation"
    DIAGNOSIS = "diagnosis"
    CONTAINMENT = "containment"
    DECISION = "decision"
    VENDOR = "vendor"
    RECOVERY = "recovery"
    NOTE = "note"
    UPDATE = "update"
    SIGN = "sign"
    DUTY = "duty"
    STAGE = "stage"
    FINDING = "finding"
    CHECK = "check"
    SWITCH = "switch"
    PAGE = "page"

    @property
    def is_written(self) -> bool:
        """Whether a person chooses this kind for what they write."""
        return self in WRITTEN

    @property
    def in_words(self) -> str:
        """The kind as the console names it: "Words to members"."""
        return _IN_WORDS.get(self, self.value.capitalize())


WRITTEN = (
    EntryKind.ACTION,
    EntryKind.OBSERVATION,
    EntryKind.DIAGNOSIS,
    EntryKind.CONTAINMENT,
    EntryKind.DECISION,
    EntryKind.VENDOR,
    EntryKind.RECOVERY,
    EntryKind.NOTE,
)
"""The kinds that a person may choose, in the order in which they are offered."""

_IN_WORDS = {
    EntryKind.ACTION: "Done",
    EntryKind.OBSERVATION: "Seen",
    EntryKind.CONTAINMENT: "Contained",
    EntryKind.VENDOR: "Supplier",
    EntryKind.UPDATE: "Words to members",
    EntryKind.SIGN: "First sign",
    EntryKind.DUTY: "Part in it",
    EntryKind.SWITCH: "Address switched",
    EntryKind.PAGE: "Call for help",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line. `at` is when it happened, `who` a person's name, empty where nobody stands behind it."""

    at: datetime
    kind: EntryKind
    words: str
    who: str = ""
    id: str = ""


def in_order(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """By time; what happened at the same moment in the order of the kinds."""
    order = list(EntryKind)
    return sorted(entries, key=lambda entry: (entry.at, order.index(entry.kind), entry.id))


def checked_entry(kind: EntryKind, words: str, at: datetime, now: datetime) -> str:
    """The words of an entry, trimmed.

    Raises:
        RefusedError: no words or too many (field "words"), a kind that nobody writes (field
            "kind"), or a time that has not come (field "at").
    """
    words, problems = printable(words).strip(), {}
    if not words:
        problems["words"] = "Say what was done or seen."
    if len(words) > ENTRY_MOST:
        problems["words"] = f"This has {len(words):,} characters; the most is {ENTRY_MOST:,}."
    if not kind.is_written:
        problems["kind"] = "Choose what kind of entry this is."
    if at > now + _FORESIGHT:
        problems["at"] = "This time has not come yet."
    if problems:
        raise RefusedError(problems)
    return words
