"""When members hear next (R36-R41): the default promise from urgency and the organisation's day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.severity import Urgency

COUNTS_BEFORE = timedelta(minutes=15)
"""A word so shortly before a fixed time of day is that time's word: what is said at 4:29 need not be said again."""

WINDOW = timedelta(minutes=30)
"""First thing and lunchtime are windows, not moments: a word so long before or after them is theirs."""

_STEP = timedelta(minutes=5)
_SOON = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Day:
    """The organisation's three fixed moments of a day, in its own zone (R37, R40)."""

    time_zone: str = "UTC"
    first_thing: time = time(8)
    lunchtime: time = time(12)
    end_of_day: time = time(16, 30)

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.time_zone)

    def moment(self, on: date, at: time) -> datetime:
        """That wall-clock time on that day as UTC; of a repeated hour the first."""
        return datetime.combine(on, at, self.zone).astimezone(UTC)


def next_update_due(urgency: Urgency, last_said_at: datetime, day: Day) -> datetime:
    """The latest moment for the next word after `last_said_at`.

    Urgent: an hour, by day and night. High: first thing, lunchtime and end of day. Medium: end of
    day. The end-of-day update is due every day whatever the urgency (R40).
    """
    last_said_at = last_said_at.astimezone(UTC)  # in a local zone, adding an hour would follow the wall clock
    after = last_said_at + COUNTS_BEFORE
    end_of_day = _next_of(after, (day.end_of_day,), day)
    match urgency:
        case Urgency.URGENT:
            return min(last_said_at + timedelta(hours=1), end_of_day)
        case Urgency.HIGH:
            return min(_next_of(last_said_at + WINDOW, (day.first_thing, day.lunchtime), day), end_of_day)
        case Urgency.MEDIUM:
            return end_of_day


def fixed_moments(day: Day, name: str, after: datetime, until: datetime) -> list[datetime]:
    """One of the three times of day ("first_thing", ...) on every day, after one moment and up to another."""
    first, last = after.astimezone(day.zone).date(), until.astimezone(day.zone).date()
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    moments = (day.moment(on, getattr(day, name)) for on in days)
    return [moment for moment in moments if after < moment <= until]


def suggested_promise(urgency: Urgency, now: datetime, day: Day) -> datetime:
    """The promise a form offers: what is due, on a round five minutes, at least ten ahead."""
    due = next_update_due(urgency, now, day)
    if due < now + timedelta(minutes=10):
        due = next_update_due(urgency, due, day)
    return datetime.fromtimestamp(due.timestamp() // _STEP.total_seconds() * _STEP.total_seconds(), UTC)


class PromiseState(StrEnum):
    """How the clock to a promise stands: what the board shows green, amber and red."""

    AHEAD = "ahead"
    SOON = "soon"
    LATE = "late"


def promise_state(promised_at: datetime, now: datetime) -> PromiseState:
    """Ahead, within the last quarter of an hour, or late."""
    if now > promised_at:
        return PromiseState.LATE
    return PromiseState.SOON if promised_at - now <= _SOON else PromiseState.AHEAD


def _next_of(after: datetime, times: tuple[time, ...], day: Day) -> datetime:
    today = after.astimezone(day.zone).date()
    moments = (day.moment(today + timedelta(days=ahead), at) for ahead in (0, 1, 2) for at in times)
    return min(moment for moment in moments if moment > after)
