"""What speaks against a window for planned work: other work on the same components, holidays, busy hours."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.business_days import is_business_day
from app.domain.holidays import SpecialDay, days_off
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.promises import Day


@dataclass(frozen=True, slots=True)
class Objections:
    """Everything that speaks against a window. `is_busy` when members are at work meanwhile."""

    works: tuple[Maintenance, ...] = ()
    holidays: tuple[SpecialDay, ...] = ()
    is_busy: bool = False

    def __bool__(self) -> bool:
        """Whether anything speaks against it."""
        return bool(self.works or self.holidays or self.is_busy)


def objections_to(
    starts: datetime,
    ends: datetime,
    slugs: Collection[str],
    *,
    works: Iterable[Maintenance],
    special: Collection[SpecialDay],
    day: Day,
    besides: str = "",
) -> Objections:
    """What somebody should know before they plan it; none of it forbids anything.

    `works` are those that are not over, `besides` the id of the one that is being planned itself.
    Work on a holiday is named because nobody is there to help; hours are busy from first thing to
    end of day on business days.
    """
    clashing = (work for work in works if work.id != besides and _clashes(work, starts, ends, slugs))
    last = (ends - timedelta(microseconds=1)).astimezone(day.zone).date()
    first = starts.astimezone(day.zone).date()
    return Objections(
        tuple(clashing),
        tuple(item for item in special if first <= item.on <= last and item.is_closed),
        _is_busy(starts, ends, special, day),
    )


def _clashes(work: Maintenance, starts: datetime, ends: datetime, slugs: Collection[str]) -> bool:
    if work.status is MaintenanceStatus.COMPLETED or not {item.slug for item in work.components} & set(slugs):
        return False
    return work.scheduled_for < ends and starts < work.scheduled_until


def _is_busy(starts: datetime, ends: datetime, special: Collection[SpecialDay], day: Day) -> bool:
    closed = days_off(special)
    date, last = starts.astimezone(day.zone).date(), ends.astimezone(day.zone).date()
    while date <= last:
        opens, closes = day.moment(date, day.first_thing), day.moment(date, day.end_of_day)
        if is_business_day(date, closed) and starts < closes and opens < ends:
            return True
        date += timedelta(days=1)
    return False
