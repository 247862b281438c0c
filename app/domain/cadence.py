"""When a word is due on an open incident, what may be skipped, and what was missed (R36-R41).

Urgent incidents hear something every hour by day and by night, high ones at three fixed times,
medium ones once a day; the end-of-day update is due every open day whatever the urgency, weekends
included. A promise made to members is due as well, whenever it falls. All of it is worked out from
what was said: no timer has to survive anything.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.promises import COUNTS_BEFORE, WINDOW, Day, fixed_moments
from app.domain.severity import Urgency

SKIPS_MOST = 2
"""How many due moments may pass in silence before somebody has to speak (R36)."""

REASON_LEAST = 5

_HOUR = timedelta(hours=1)


class Slot(StrEnum):
    """Why a word is due."""

    PROMISE = "promise"
    HOURLY = "hourly"
    FIRST_THING = "first_thing"
    LUNCHTIME = "lunchtime"
    END_OF_DAY = "end_of_day"

    @property
    def can_be_skipped(self) -> bool:
        """A promise is kept or moved by telling members; the end of day is never silent (R40)."""
        return self in (Slot.HOURLY, Slot.FIRST_THING, Slot.LUNCHTIME)


_WINDOWS = (Slot.FIRST_THING, Slot.LUNCHTIME)

_RANK = {slot: rank for rank, slot in enumerate((Slot.PROMISE, Slot.END_OF_DAY, *list(Slot)[1:4]))}
"""Of two reasons for one moment the weightier one names it."""

_SLOTS = {
    Urgency.URGENT: (Slot.END_OF_DAY,),
    Urgency.HIGH: (Slot.FIRST_THING, Slot.LUNCHTIME, Slot.END_OF_DAY),
    Urgency.MEDIUM: (Slot.END_OF_DAY,),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A moment by which members hear something, for one reason or for several at once.

    `slot` is the weightiest reason. `is_window` says that first thing or lunchtime is among them.
    """

    at: datetime
    slot: Slot
    is_window: bool = False

    @property
    def missed_at(self) -> datetime:
        """When silence has broken it: the end of the window where it is one, the moment itself otherwise.

        A promise of eight in the morning is a promise of first thing: the page calls it late at once,
        and what counts as missed is the window.
        """
        return self.at + WINDOW if self.is_window else self.at


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that was said: when, and the promise it made. `is_open` is False for an end."""

    said_at: datetime
    promised_at: datetime | None
    is_open: bool = True


def counted_from(word: Word, since: datetime | None) -> Word:
    """The word as the cadence counts it after a change of urgency at `since`: the rules run from the later of both.

    Its promise stands: members were given it, whatever the urgency is now.
    """
    return replace(word, said_at=since) if since is not None and since > word.said_at else word


def due_moments(urgency: Urgency, word: Word, day: Day, until: datetime) -> list[Due]:
    """Every moment after `word` and up to `until` at which members hear something, if nothing else is said."""
    if not word.is_open:
        return []
    found: dict[datetime, Due] = {}
    for due in _reasons(urgency, word, day, until):
        if due.at <= until:
            found[due.at] = _both(found.get(due.at, due), due)
    return sorted(found.values(), key=lambda due: due.at)


def _both(one: Due, other: Due) -> Due:
    """Two reasons for one moment: named by the weightier, a window if either is."""
    weightier = min(one, other, key=lambda due: _RANK[due.slot])
    return replace(weightier, is_window=one.is_window or other.is_window)


def _reasons(urgency: Urgency, word: Word, day: Day, until: datetime) -> Iterator[Due]:
    if word.promised_at is not None:
        yield Due(word.promised_at, Slot.PROMISE)
    if urgency is Urgency.URGENT:
        for hour in range(1, int((until - word.said_at) / _HOUR) + 1):
            yield Due(word.said_at + hour * _HOUR, Slot.HOURLY)
    for slot in _SLOTS[urgency]:
        is_window = slot in _WINDOWS
        for moment in fixed_moments(day, slot.value, word.said_at + (WINDOW if is_window else COUNTS_BEFORE), until):
            yield Due(moment, slot, is_window)


def clock(urgency: Urgency, word: Word, day: Day, skipped: Collection[datetime] = ()) -> Due:
    """The due moment that runs now: the first after `word` that was not skipped. It may have passed."""
    # A promise lies at most two weeks ahead, the next end of day at most two days; skips are few.
    ahead = due_moments(urgency, word, day, word.said_at + timedelta(days=3))
    waiting = [due for due in ahead if due.at not in skipped]
    return waiting[0]


def check_skip(urgency: Urgency, word: Word, day: Day, skipped: Collection[datetime], reason: str) -> Due:
    """The due moment that is skipped on purpose (R36).

    Raises:
        RefusedError: it cannot be skipped, two passed in silence already, or there is no reason.
    """
    due = clock(urgency, word, day, skipped)
    if not due.slot.can_be_skipped:
        raise RefusedError({"skip": _NEVER_SKIPPED[due.slot]})
    silent = [item for item in due_moments(urgency, word, day, due.at) if item.slot.can_be_skipped and item != due]
    if len(silent) >= SKIPS_MOST:
        raise RefusedError(
            {"skip": "Two updates in a row were skipped already. Say something, even that nothing is new."}
        )
    if len(reason.strip()) < REASON_LEAST:
        raise RefusedError({"reason": "Say in a few words why members hear nothing this time."})
    return due


_NEVER_SKIPPED = {
    Slot.PROMISE: "Members were promised a word by then. To move the promise, tell them so in an update.",
    Slot.END_OF_DAY: "The end-of-day update is never skipped. “No change” is an update too.",
}


def missed(
    urgency: Urgency, words: Sequence[Word], day: Day, skipped: Collection[datetime], *, since: datetime, now: datetime
) -> list[Due]:
    """The due moments between `since` and `now` that passed without a word and were not skipped.

    `words` are all that was said, oldest first.
    """
    found: list[Due] = []
    ends = [word.said_at for word in words[1:]]
    for word, next_at in zip(words, [*ends, now], strict=True):
        until = min(next_at, now)
        if until >= since:
            passed = due_moments(urgency, word, day, until)
            found += [due for due in passed if since <= due.missed_at < until and due.at not in skipped]
    return found


class Step(StrEnum):
    """A reminder of a due moment, in the order in which they come."""

    HOUR_BEFORE = "hour_before"
    SOON = "soon"
    NOW = "now"
    LATE = "late"


_BEFORE = {Step.HOUR_BEFORE: _HOUR, Step.SOON: timedelta(minutes=15), Step.NOW: timedelta(0)}
_LATE = timedelta(minutes=5)
_STALE = timedelta(hours=1)


def step_at(due: Due, step: Step) -> datetime:
    """When a reminder of this due moment comes; "late" five minutes after it was missed."""
    return due.missed_at + _LATE if step is Step.LATE else due.at - _BEFORE[step]


def reminder(due: Due, now: datetime) -> Step | None:
    """The reminder that stands at this moment: the last one whose time has come, while it is still news.

    An hour before only the end of the day is announced (3:30 and 4:15 for 4:30 PM).
    """
    steps = [step for step in Step if step is not Step.HOUR_BEFORE or due.slot is Slot.END_OF_DAY]
    come = [step for step in steps if step_at(due, step) <= now]
    if not come or now - step_at(due, come[-1]) > _STALE:
        return None
    return come[-1]
