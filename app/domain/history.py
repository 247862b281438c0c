"""What the past looked like: each component's last days, and incidents by month (R56).

The graph of today is replayed over the states that incidents and planned work gave, so that a day
on which nobody could get in counts as such even for a component that kept running.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.domain.components import Component, ComponentStatus, worst_status
from app.domain.incidents import Incident, periods
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.reach import Reach, reach_of

_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Day:
    """One component on one day of the organisation.

    `worst` is its own worst status. `unreachable` is how long members could not use it, because it
    had stopped or because no door led to it. `planned` is how long it was closed within announced
    work, and is never part of `unreachable`; work that overran its announced end is.
    """

    on: date
    worst: ComponentStatus = ComponentStatus.OPERATIONAL
    unreachable: timedelta = _NONE
    planned: timedelta = _NONE


def component_days(
    components: Iterable[Component],
    incidents: Iterable[Incident],
    maintenances: Iterable[Maintenance],
    *,
    now: datetime,
    zone: ZoneInfo,
    days: int = 90,
) -> dict[str, tuple[Day, ...]]:
    """Each component's last `days` local days by slug, oldest first; the last one ends at `now`.

    Days have the 23, 24 or 25 hours that the zone gave them. Slugs that are not among `components`
    are ignored. The present status of a component counts into today's `worst`.
    """
    listed = tuple(components)
    calendar = _Calendar(now, zone, days)
    spells = _spells({component.slug for component in listed}, incidents, maintenances, calendar)
    worst = _worst(listed, spells, calendar)
    unreachable, planned = _closed(listed, _lasting(spells, calendar))
    quiet = tuple(Day(on) for on in calendar.dates)

    def day(key: "_Cell", otherwise: Day) -> Day:
        if key not in worst and key not in unreachable and key not in planned:
            return otherwise
        status = worst.get(key, ComponentStatus.OPERATIONAL)
        return Day(otherwise.on, status, unreachable.get(key, _NONE), planned.get(key, _NONE))

    return {item.slug: tuple(day((item.slug, index), calm) for index, calm in enumerate(quiet)) for item in listed}


def total_unreachable(days: Iterable[Day]) -> timedelta:
    """How long members could not use it, over all these days."""
    return sum((day.unreachable for day in days), _NONE)


_Cell = tuple[str, int]
"""A component's slug and the index of a day."""


class Spell(NamedTuple):
    """A stretch during which a component was not operational; `planned` within announced work."""

    slug: str
    starts_at: datetime
    ends_at: datetime
    status: ComponentStatus
    planned: bool


class _Calendar:
    """The organisation's days up to `now`, and which of them a moment falls on."""

    def __init__(self, now: datetime, zone: ZoneInfo, days: int) -> None:
        today = now.astimezone(zone).date()
        self.now = now.astimezone(UTC)
        self.dates = tuple(today - timedelta(days=back) for back in reversed(range(days)))
        midnights = (datetime.combine(on, time.min, zone).astimezone(UTC) for on in self.dates)
        self.edges = (*midnights, self.now)

    def index(self, moment: datetime) -> int:
        """The day that this moment begins or falls on; `now` belongs to today."""
        return min(bisect_right(self.edges, moment) - 1, len(self.dates) - 1)

    def indices(self, spell: Spell) -> range:
        """Every day that the spell touches. One that ends at midnight does not touch the next day."""
        first = self.index(spell.starts_at)
        return range(first, max(first, bisect_left(self.edges, spell.ends_at) - 1) + 1)

    def clip(self, spell: Spell) -> Spell | None:
        """The part of a spell that lies within the calendar, or None."""
        starts_at, ends_at = max(spell.starts_at, self.edges[0]), min(spell.ends_at, self.now)
        return spell._replace(starts_at=starts_at, ends_at=ends_at) if starts_at <= ends_at else None


def _spells(
    known: set[str], incidents: Iterable[Incident], maintenances: Iterable[Maintenance], calendar: _Calendar
) -> list[Spell]:
    recent = (incident for incident in incidents if not _was_over(incident, calendar.edges[0]))
    raw = chain(
        chain.from_iterable(incident_spells(incident, calendar.now) for incident in recent),
        chain.from_iterable(_maintenance_spells(work, calendar.now) for work in maintenances),
    )
    return [clipped for spell in raw if spell.slug in known and (clipped := calendar.clip(spell))]


def _was_over(incident: Incident, before: datetime) -> bool:
    """Whether all of it lies in the past, told without looking at its updates one by one."""
    if incident.is_open or incident.resolved_at is None or incident.resolved_at > before:
        return False
    return incident.newest is None or incident.newest.said_at <= before


def incident_spells(incident: Incident, now: datetime) -> Iterator[Spell]:
    """Every stretch in which an incident said that a component was not operational, up to `now`."""
    stretches = [(began, ended or now) for began, ended in periods(incident)]
    for slug, steps in _steps(incident).items():
        ends = [*(since for since, _ in steps[1:]), now]
        for (since, status), until in zip(steps, ends, strict=True):
            for began, ended in stretches:
                starts_at, ends_at = max(since, began), min(until, ended)
                if status is not ComponentStatus.OPERATIONAL and starts_at <= ends_at:
                    yield Spell(slug, starts_at, ends_at, status, status is ComponentStatus.UNDER_MAINTENANCE)


def _steps(incident: Incident) -> dict[str, list[tuple[datetime, ComponentStatus]]]:
    """From when on each component had which state, by slug.

    What the first update says was so from the start. A component that no update speaks of had the
    state of the incident's own list throughout.
    """
    found: dict[str, list[tuple[datetime, ComponentStatus]]] = {}
    for number, update in enumerate(incident.updates):
        for change in update.changes:
            before = change.new if number == 0 else change.old
            found.setdefault(change.slug, [(incident.started_at, before)]).append((update.said_at, change.new))
    for component in incident.components:
        found.setdefault(component.slug, [(incident.started_at, component.status)])
    for steps in found.values():
        steps.sort(key=lambda step: step[0])
    return found


def _maintenance_spells(work: Maintenance, now: datetime) -> Iterator[Spell]:
    """What work that has begun closed, cut where the announced window starts and ends."""
    if work.status is MaintenanceStatus.SCHEDULED:
        return
    unfinished = work.scheduled_until if work.status is MaintenanceStatus.COMPLETED else now
    began, ended = work.began_at, work.completed_at or unfinished
    if ended <= began:
        return
    cuts = (began, min(max(work.scheduled_for, began), ended), max(min(work.scheduled_until, ended), began), ended)
    for (starts_at, ends_at), planned in zip(pairwise(cuts), (False, True, False), strict=True):
        if starts_at < ends_at:
            for component in work.components:
                yield Spell(component.slug, starts_at, ends_at, ComponentStatus.UNDER_MAINTENANCE, planned)


def _worst(components: tuple[Component, ...], spells: list[Spell], calendar: _Calendar) -> dict[_Cell, ComponentStatus]:
    today = len(calendar.dates) - 1
    found: dict[_Cell, ComponentStatus] = {(component.slug, today): component.status for component in components}
    for spell in spells:
        for index in calendar.indices(spell):
            key = (spell.slug, index)
            found[key] = worst_status((spell.status, found.get(key, spell.status)))
    return found


_Stopped = frozenset[str]


def _lasting(spells: list[Spell], calendar: _Calendar) -> dict[tuple[int, _Stopped, _Stopped], timedelta]:
    """How long on each day exactly these were down, and exactly these closed as planned (a sweep over time)."""
    turns: defaultdict[datetime, list[tuple[Spell, int]]] = defaultdict(list, {edge: [] for edge in calendar.edges})
    for spell in spells:
        if spell.status.is_stopped:
            turns[spell.starts_at].append((spell, 1))
            turns[spell.ends_at].append((spell, -1))
    active: Counter[tuple[str, bool]] = Counter()
    found: defaultdict[tuple[int, _Stopped, _Stopped], timedelta] = defaultdict(timedelta)
    for moment, following in pairwise(sorted(turns)):
        for spell, step in turns[moment]:
            active[spell.slug, spell.planned] += step
        now_active = [key for key, count in active.items() if count]
        if now_active:
            down = frozenset(slug for slug, planned in now_active if not planned)
            closed = frozenset(slug for slug, planned in now_active if planned)
            found[calendar.index(moment), down, closed] += following - moment
    return found


def _closed(
    components: tuple[Component, ...], lasting: dict[tuple[int, _Stopped, _Stopped], timedelta]
) -> tuple[dict[_Cell, timedelta], dict[_Cell, timedelta]]:
    """Per component and day, how long members could not use it: by fault, and as planned."""
    shut = _shut_by(components)
    unreachable: defaultdict[_Cell, timedelta] = defaultdict(timedelta)
    planned: defaultdict[_Cell, timedelta] = defaultdict(timedelta)
    for (index, down, closed), length in lasting.items():
        by_fault = shut(down)
        for slug in by_fault:
            unreachable[slug, index] += length
        for slug in shut(down | closed) - by_fault:
            planned[slug, index] += length
    return unreachable, planned


def _shut_by(components: tuple[Component, ...]) -> Callable[[_Stopped], _Stopped]:
    """What nobody can use while these are down.

    A component that nothing depends on takes nothing else down with it, so that only combinations
    of the others are worked out, each once.
    """
    depended_on = frozenset(slug for item in components for slug in (*item.requires, *item.reached_via))

    @cache
    def shut(stopped: _Stopped) -> _Stopped:
        ways = reach_of(components, stopped)
        return frozenset(slug for slug, way in ways.items() if way.reach in (Reach.STOPPED, Reach.LOCKED_OUT))

    return lambda stopped: shut(stopped & depended_on) | stopped
