"""Notices: what is to be said, once. Deadlines, the undo, priorities, and what takes whose place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HOLD = timedelta(seconds=20)
"""How long sending waits for second thoughts. The page does not wait."""

PAGE_FIRST = timedelta(seconds=2)
"""How long fan-out waits for the page to say it too."""

_OUTAGE_LASTS = timedelta(hours=6)
_MAINTENANCE_LASTS = timedelta(hours=24)


class Priority(StrEnum):
    """Urgent notices overtake bulk ones on every sender."""

    URGENT = "urgent"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class NoticeStanding:
    """What decides whether a notice may still leave. `is_restored`: it came from a backup, and was said back then."""

    is_urgent: bool
    expires_at: datetime
    recalled_at: datetime | None = None
    superseded_at: datetime | None = None
    is_restored: bool = False


def outage_deadline(said_at: datetime, next_update_at: datetime | None) -> datetime:
    """Until when words about an outage are worth sending: the next promise, six hours otherwise.

    A promise in a few minutes would expire notices that a slow sender has not reached, and nothing
    newer may come: an hour is the least.
    """
    if next_update_at is None:
        return said_at + _OUTAGE_LASTS
    return min(max(next_update_at, said_at + timedelta(hours=1)), said_at + _OUTAGE_LASTS)


def maintenance_deadline(said_at: datetime, scheduled_until: datetime) -> datetime:
    """Until when words about planned work are worth sending: its end, a day at most, an hour at least."""
    return min(max(scheduled_until, said_at + timedelta(hours=1)), said_at + _MAINTENANCE_LASTS)


def may_recall(held_until: datetime, recalled_at: datetime | None, now: datetime) -> bool:
    """Whether the whole notice can still be taken back: nothing has left yet."""
    return recalled_at is None and now < held_until
