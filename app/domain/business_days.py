"""Business days: weekdays that are no day off. The report is due in so many of them (R63)."""

from collections.abc import Collection
from datetime import date, timedelta

_SATURDAY = 5
_LONGEST_CLOSURE = timedelta(days=366)


def is_business_day(day: date, days_off: Collection[date]) -> bool:
    """Whether the office is open that day: Monday to Friday, and not among `days_off`."""
    return day.weekday() < _SATURDAY and day not in days_off


def add_business_days(start: date, count: int, days_off: Collection[date]) -> date:
    """The business day that lies `count` (0 or more) business days after `start`.

    With 0 it is `start` itself where that is one, else the next. The day of `start` never counts:
    three business days after a Monday is the Thursday of a week without days off.

    Raises:
        ValueError: `count` is below zero, or the days off leave no business day for a year.
    """
    if count < 0:
        raise ValueError("business days are only counted forwards")
    day = start if count else _open_from(start, days_off)
    for _ in range(count):
        day = _open_from(day + timedelta(days=1), days_off)
    return day


def _open_from(day: date, days_off: Collection[date]) -> date:
    first = day
    while not is_business_day(day, days_off):
        day += timedelta(days=1)
        if day - first > _LONGEST_CLOSURE:
            raise ValueError("every day for a year is a day off")
    return day
