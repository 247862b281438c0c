"""Days on which the office is closed or closes early: a country's holidays, and the organisation's own say.

The calendar of holidays itself comes from outside; here it meets the days that an organisation
adds, and the holidays on which it works all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from app.domain.errors import RefusedError

NAME_MOST = 80


class DayKind(StrEnum):
    """What an organisation says of one day: closed, closed from some hour on, or open although it is a holiday."""

    CLOSED = "closed"
    HALF_DAY = "half_day"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class OwnDay:
    """One day of the organisation's own. `closes_at` is given for half days alone."""

    on: date
    name: str
    kind: DayKind
    closes_at: time | None = None


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One line of the year: a holiday, a day of one's own, or both in one. `is_own` is what the organisation said."""

    on: date
    name: str
    kind: DayKind
    closes_at: time | None = None
    is_own: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether it is no business day at all."""
        return self.kind is DayKind.CLOSED


def check_own_day(day: OwnDay) -> None:
    """Refuse a day that says nothing.

    Raises:
        RefusedError: no name, a name too long, or a half day without its hour.
    """
    if not day.name or len(day.name) > NAME_MOST:
        raise RefusedError({"name": f"Give the day a name of at most {NAME_MOST} characters."})
    if (day.kind is DayKind.HALF_DAY) != (day.closes_at is not None):
        raise RefusedError({"closes_at": "Say from what time the office is closed that day."})


def special_days(holidays: Mapping[date, str], own: Iterable[OwnDay]) -> list[SpecialDay]:
    """Every special day in order; where the organisation spoke of a holiday, its word holds."""
    found = {day: SpecialDay(day, name, DayKind.CLOSED) for day, name in holidays.items()}
    found |= {day.on: SpecialDay(day.on, day.name, day.kind, day.closes_at, is_own=True) for day in own}
    return [found[day] for day in sorted(found)]


def days_off(special: Iterable[SpecialDay]) -> frozenset[date]:
    """The days that are no business days; a half day is one."""
    return frozenset(day.on for day in special if day.is_closed)
