"""What has to be carried away from a supplier that closes, and the two counts that prove it is (R69)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import RefusedError

COUNTS_NEEDED = 2
NUMBER_MOST = 1_000_000_000

MOVE_LIST = (
    "Copy everything out of the old supplier, before anything else",
    "Count the copy twice",
    "Choose the new supplier and sign with it",
    "Tell members what to do, and when; until then: nothing",
    "Hand out the new sign-ins",
    "Try the new supplier with a few members",
    "Switch over while the old supplier still runs",
    "Take leave of the old supplier: last look, keys and contract",
)
"""What is done when a supplier closes, in this order: the copy comes first, as nothing brings back what is lost."""


@dataclass(frozen=True, slots=True)
class Count:
    """One count of one kind of thing: how many there are, how many were copied, how many copies were opened."""

    what: str
    expected: int
    copied: int
    verified: int
    counted_at: datetime
    counted_by: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing and every copy was looked into."""
        return self.copied == self.verified == self.expected


def is_counted(counts: Sequence[Count]) -> bool:
    """Whether the copy is believed: the last two counts are whole and agree."""
    last = counts[-COUNTS_NEEDED:]
    return len(last) == COUNTS_NEEDED and all(count.is_whole for count in last) and len({c.expected for c in last}) == 1


def time_left(deadline_at: datetime, now: datetime) -> timedelta:
    """How long the supplier still runs; none once it has closed."""
    return max(deadline_at - now, timedelta(0))


def check_count(count: Count) -> None:
    """Refuse a count that cannot be.

    Raises:
        RefusedError: it does not say what, or more was copied than there is, or more verified than copied.
    """
    problems = {}
    if not 1 <= len(count.what) <= 60:
        problems["what"] = "Say what was counted, such as “mailboxes”."
    if not 1 <= count.expected <= NUMBER_MOST:
        problems["expected"] = "Say how many there are."
    if not 0 <= count.copied <= count.expected:
        problems["copied"] = "At most as many as there are."
    if not 0 <= count.verified <= max(count.copied, 0):
        problems["verified"] = "At most as many as were copied."
    if problems:
        raise RefusedError(problems)
