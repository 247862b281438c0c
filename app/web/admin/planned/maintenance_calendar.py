"""A month of planned work: a grid on a wide screen, a list of the days that matter on a phone."""

from calendar import SUNDAY, Calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.special_days import special_days_between
from app.domain.holidays import SpecialDay
from app.domain.maintenance_series import MaintenanceSeries, Occurrence, ahead
from app.store.maintenance import PlannedWindow, windows_between
from app.store.maintenance_series import running_series
from app.web.auth import Reader
from app.web.visit import Visit

_FIRST, _LAST = date(2000, 1, 1), date(2100, 12, 1)

router = APIRouter(prefix="/admin/maintenance")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the month: what is planned, what a series will bring, and whether it is special."""

    on: date
    is_within: bool
    is_today: bool
    special: SpecialDay | None
    works: tuple[PlannedWindow, ...]
    to_come: tuple[tuple[MaintenanceSeries, Occurrence], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be said of it."""
        return not (self.special or self.works or self.to_come)


@router.get("/calendar")
def calendar(visit: Reader, month: str = "") -> Response:
    """The month called "2026-04", or this one."""
    first = _month(month, visit)
    days = list(Calendar(SUNDAY).itermonthdates(first.year, first.month))
    with visit.database.read() as session:
        filled = _filled(session, visit, days, first)
    return visit.page(
        "maintenance/calendar.html",
        first=first,
        days=filled,
        before=(first - timedelta(days=1)).replace(day=1),
        after=(first + timedelta(days=31)).replace(day=1),
        is_empty=all(day.is_empty for day in filled if day.is_within),
    )


def _month(text: str, visit: Visit) -> date:
    today = visit.now.astimezone(visit.zone).date()
    try:
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)
    return min(max(first, _FIRST), _LAST)


def _filled(session: Session, visit: Visit, days: list[date], first: date) -> list[CalendarDay]:
    start = datetime.combine(days[0], time(), visit.zone).astimezone(UTC)
    end = datetime.combine(days[-1] + timedelta(days=1), time(), visit.zone).astimezone(UTC)
    works = _by_day(windows_between(session, start, end), visit)
    special = {day.on: day for day in special_days_between(session, visit.organisation, days[0], days[-1])}
    to_come: defaultdict[date, list[tuple[MaintenanceSeries, Occurrence]]] = defaultdict(list)
    for series in running_series(session):
        for occurrence in ahead(series, days[-1], visit.zone):
            if occurrence.ends > visit.now:
                to_come[occurrence.on].append((series, occurrence))
    today = visit.now.astimezone(visit.zone).date()
    return [
        CalendarDay(
            day, day.month == first.month, day == today, special.get(day), tuple(works[day]), tuple(to_come[day])
        )
        for day in days
    ]


def _by_day(works: Iterable[PlannedWindow], visit: Visit) -> defaultdict[date, list[PlannedWindow]]:
    """Each work on every day that it touches; one that ends at midnight does not touch the day that begins."""
    found: defaultdict[date, list[PlannedWindow]] = defaultdict(list)
    for work in works:
        day = work.starts.astimezone(visit.zone).date()
        last = (work.ends - timedelta(microseconds=1)).astimezone(visit.zone).date()
        for ahead_by in range(min((last - day).days, 366) + 1):
            found[day + timedelta(days=ahead_by)].append(work)
    return found
