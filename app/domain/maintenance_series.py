"""Planned work that comes again: which of its days are to be announced by now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.recurrence import Recurrence, Window, occurrences

ANNOUNCE_DAYS_MOST = 60


@dataclass(frozen=True, slots=True)
class MaintenanceSeries:
    """One series of planned work. `components` are slugs.

    Every day is announced `announce_days` ahead; all up to `planned_until` have been.
    """

    id: str
    title: str
    body: str
    components: tuple[str, ...]
    rule: Recurrence
    window: Window
    first_on: date
    last_on: date | None = None
    verify_for: timedelta = timedelta(0)
    auto: bool = True
    notify: bool = True
    announce_days: int = 14
    planned_until: date | None = None
    ended_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One day of a series with its window as UTC."""

    on: date
    starts: datetime
    ends: datetime


def owed_occurrences(series: MaintenanceSeries, now: datetime, zone: ZoneInfo) -> list[Occurrence]:
    """What has to be announced by `now` and was not; windows that are over by then are let go."""
    until = now.astimezone(zone).date() + timedelta(days=series.announce_days)
    return [item for item in _after(series, until, zone) if item.ends > now]


def ahead(series: MaintenanceSeries, until: date, zone: ZoneInfo) -> list[Occurrence]:
    """The days up to `until` that nobody has announced yet: what a calendar shows as to come."""
    return _after(series, until, zone)


def _after(series: MaintenanceSeries, until: date, zone: ZoneInfo) -> list[Occurrence]:
    if series.ended_at is not None:
        return []
    until = min(until, series.last_on) if series.last_on else until
    found = occurrences(
        series.rule, series.window, zone, first=series.first_on, after=series.planned_until, until=until
    )
    return [Occurrence(*item) for item in found]
