"""When planned work comes again: the part of RFC 5545's recurrence rules that an MLS needs.

Weekly on chosen days, or monthly on the nth (or last) weekday, each every so many weeks or months.
A rule speaks of days; a window adds its times on the organisation's clock, so that "1 AM to 3:30
AM" stays just that on both sides of a clock change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import takewhile
from zoneinfo import ZoneInfo

from app.domain.errors import RefusedError

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST = -1
EVERY_MOST = 12
_WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NTH_NAMES = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST: "last"}
_FORM = re.compile(
    r"FREQ=(?P<frequency>WEEKLY|MONTHLY);INTERVAL=(?P<every>\d{1,2});BYDAY=(?P<days>[-A-Z0-9,]+)(?:;WKST=MO)?"
)
_DAY_FORM = re.compile(r"(-1|[1-4])?(MO|TU|WE|TH|FR|SA|SU)")


class Frequency(StrEnum):
    """How a rule counts."""

    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule. Weekly on `weekdays` (0 is Monday); monthly on the `nth` of the one in `weekdays`."""

    frequency: Frequency
    weekdays: tuple[int, ...]
    every: int = 1
    nth: int | None = None

    def __str__(self) -> str:
        """The rule as RFC 5545 spells it: "FREQ=MONTHLY;INTERVAL=1;BYDAY=2SU"."""
        days = ",".join(f"{self.nth or ''}{DAYS[day]}" for day in self.weekdays)
        return f"FREQ={self.frequency};INTERVAL={self.every};BYDAY={days}"

    @property
    def in_words(self) -> str:
        """ "every 2 weeks on Tuesday and Thursday", "on the last Sunday of every month"."""
        days = _listed([_WEEKDAY_NAMES[day] for day in self.weekdays])
        if self.frequency is Frequency.WEEKLY:
            return f"every {days}" if self.every == 1 else f"every {self.every} weeks on {days}"
        months = "every month" if self.every == 1 else f"every {self.every} months"
        return f"on the {_NTH_NAMES[self.nth or 1]} {days} of {months}"


def recurrence_from(text: str) -> Recurrence:
    """The rule that `str(rule)` gave.

    Raises:
        RefusedError: it is no rule, or one that this program does not know.
    """
    found = _FORM.fullmatch(text)
    days = [_DAY_FORM.fullmatch(day) for day in found["days"].split(",")] if found else [None]
    if found is None or any(day is None for day in days):
        raise RefusedError({"rule": f"“{text[:60]}” is not a rule this program knows."})
    known = [day for day in days if day is not None]
    nths = {int(day[1]) if day[1] else None for day in known}
    rule = Recurrence(
        Frequency(found["frequency"]), tuple(DAYS.index(day[2]) for day in known), int(found["every"]), nths.pop()
    )
    if nths:
        raise RefusedError({"rule": f"“{text[:60]}” is not a rule this program knows."})
    check_recurrence(rule)
    return rule


def check_recurrence(rule: Recurrence) -> None:
    """Refuse a rule that names no day.

    Raises:
        RefusedError: no weekday, one twice, an interval of none, or a month's day that is not one day.
    """
    if not rule.weekdays or len(set(rule.weekdays)) != len(rule.weekdays):
        raise RefusedError({"weekdays": "Choose at least one day of the week."})
    if not 1 <= rule.every <= EVERY_MOST:
        raise RefusedError({"every": f"Give a whole number from 1 to {EVERY_MOST}."})
    if rule.frequency is Frequency.MONTHLY and (rule.nth not in _NTH_NAMES or len(rule.weekdays) != 1):
        raise RefusedError({"nth": "Choose which one of the month, and one day of the week."})
    if rule.frequency is Frequency.WEEKLY and rule.nth is not None:
        raise RefusedError({"nth": "A weekly rule has no first or last."})


def days_of(rule: Recurrence, first: date) -> Iterator[date]:
    """The days of the rule from `first` on, without end until the calendar ends; weeks begin on Monday.

    Every second week and every third month are counted from the week or month of `first`.
    """
    found = _weekly(rule, first) if rule.frequency is Frequency.WEEKLY else _monthly(rule, first)
    return (day for day in found if day >= first)


def _weekly(rule: Recurrence, first: date) -> Iterator[date]:
    monday = first - timedelta(days=first.weekday())
    while monday.year < date.max.year:
        yield from (monday + timedelta(days=day) for day in sorted(rule.weekdays))
        monday += timedelta(weeks=rule.every)


def _monthly(rule: Recurrence, first: date) -> Iterator[date]:
    months = first.year * 12 + first.month - 1
    while months // 12 < date.max.year:
        yield _nth_weekday(months, rule.weekdays[0], rule.nth or 1)
        months += rule.every


def _nth_weekday(months: int, weekday: int, nth: int) -> date:
    """The nth such weekday of a month, which is counted in months since the year 0."""
    if nth == LAST:
        after = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
        return after - timedelta(days=(after.weekday() - weekday - 1) % 7 + 1)
    start = date(months // 12, months % 12 + 1, 1)
    return start + timedelta(days=(weekday - start.weekday()) % 7, weeks=nth - 1)


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when on the clock; an end that is not later than the start lies on the next day."""

    starts: time
    ends: time

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The window of that day as UTC.

        A time that the clocks skip that night is taken an hour later (RFC 5545, 3.3.5), of one that
        comes twice the first; where that leaves nothing between them, the end is an hour after the start.
        """
        last = day if self.ends > self.starts else day + timedelta(days=1)
        starts, ends = _moment(day, self.starts, zone), _moment(last, self.ends, zone)
        return starts, ends if ends > starts else starts + timedelta(hours=1)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def occurrences(
    rule: Recurrence, window: Window, zone: ZoneInfo, *, first: date, after: date | None, until: date
) -> list[tuple[date, datetime, datetime]]:
    """The days from `first` to `until` (both may count) that lie after `after`, each with its window."""
    wanted = takewhile(lambda day: day <= until, days_of(rule, first))
    return [(day, *window.on(day, zone)) for day in wanted if after is None or day > after]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
