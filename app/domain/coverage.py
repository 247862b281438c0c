"""Stretches with nobody on duty: what they are, what they touch, and when to raise the alarm (R22)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.holidays import SpecialDay
from app.domain.promises import Day
from app.domain.roster import Duty, Roster

HORIZON = timedelta(days=60)
STAGES = (1, 3, 14, 60)
"""How many days ahead an alarm is raised, the last call first."""

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Where a gap begins in a role that nobody was ever on duty in."""

_SATURDAY = 5
_SHOWN_MOST = 3


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """Nobody is on duty in these roles from `starts_at` to `ends_at`; None where nobody is entered any more."""

    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None

    def has_begun(self, now: datetime) -> bool:
        """Whether it is a gap of this very moment."""
        return self.starts_at <= now


def coverage_gaps(roster: Roster, since: datetime, until: datetime) -> list[CoverageGap]:
    """Every gap that touches the time from `since` up to `until`, in order; roles with the same gap share one.

    A gap keeps its true start and end, also outside of that time, so that it is known again.
    """
    found: defaultdict[tuple[datetime, datetime | None], list[str]] = defaultdict(list)
    for role in roster.roles:
        for duty in roster.duties_in(role.key) if role.is_covered else ():
            if roster.person(duty.person_id) is None and _touches(duty, since, until):
                found[duty.starts_at or EVER, duty.ends_at].append(role.key)
    gaps = [CoverageGap(tuple(roles), *span) for span, roles in found.items()]
    return sorted(gaps, key=lambda gap: (gap.starts_at, gap.roles))


def _touches(duty: Duty, since: datetime, until: datetime) -> bool:
    return (duty.starts_at is None or duty.starts_at < until) and (duty.ends_at is None or duty.ends_at > since)


def empty_tonight(roster: Roster, role: str, day: Day, now: datetime) -> CoverageGap | None:
    """The gap in a role between now and the next morning; None where somebody is there, or no roster is kept."""
    part = roster.role(role)
    if part is None or not part.is_covered:
        return None
    today = now.astimezone(day.zone).date()
    mornings = (day.moment(today + timedelta(days=ahead), day.first_thing) for ahead in (0, 1))
    until = next(morning for morning in mornings if morning > now)
    return next((gap for gap in coverage_gaps(roster, now, until) if role in gap.roles), None)


def stage_due(gap: CoverageGap, now: datetime) -> int | None:
    """Which alarm is due for it: the last of 60, 14, 3 and 1 days that has come; None while it is further off.

    A gap that is found late raises one alarm, not all those that it missed.
    """
    ahead = gap.starts_at - now
    return next((days for days in STAGES if ahead <= timedelta(days=days)), None)


def touched(
    gap: CoverageGap,
    zone: ZoneInfo,
    special: Sequence[SpecialDay],
    *,
    within: tuple[datetime, datetime],
    opens: time,
    closes: time,
) -> list[str]:
    """What of the week lies in it, for people: names of holidays, "weekend", "nights", "office hours".

    Only the part `within` counts; the office is open from `opens` to `closes` on working days.
    """
    span = max(gap.starts_at, within[0]), min(gap.ends_at or within[1], within[1])
    days = list(_days(*span, zone))
    closed = {day.on: day.name for day in special if day.is_closed}
    holidays = [closed[day] for day in days if day in closed]
    working = [day for day in days if day.weekday() < _SATURDAY and day not in closed]
    words = {
        "weekend": any(day.weekday() >= _SATURDAY for day in days),
        "nights": any(
            _overlaps(span, day, time(), opens, zone) or _overlaps(span, day, closes, None, zone) for day in days
        ),
        "office hours": any(_overlaps(span, day, opens, closes, zone) for day in working),
    }
    return _shortened(holidays) + [word for word, is_said in words.items() if is_said]


def _shortened(names: list[str]) -> list[str]:
    more = len(names) - _SHOWN_MOST
    return names if more < 1 else [*names[:_SHOWN_MOST], f"{more} more {'holiday' if more == 1 else 'holidays'}"]


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterable[date]:
    day = start.astimezone(zone).date()
    last = (end - timedelta(microseconds=1)).astimezone(zone).date()
    return (day + timedelta(days=number) for number in range((last - day).days + 1))


def _overlaps(span: tuple[datetime, datetime], day: date, opens: time, closes: time | None, zone: ZoneInfo) -> bool:
    """Whether the span touches that part of the day; without a second time it lasts until midnight."""
    last_day = day if closes else day + timedelta(days=1)
    first = datetime.combine(day, opens, zone).astimezone(UTC)
    last = datetime.combine(last_day, closes or time(), zone).astimezone(UTC)
    return span[0] < last and span[1] > first
