"""A month of duties: a grid on a wide screen, a list of the days on which something changes on a phone."""

from calendar import SUNDAY, Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session

from app.commands.special_days import special_days_between
from app.domain.holidays import SpecialDay
from app.domain.roster import Roster, RosterRole
from app.web.visit import Visit

_FIRST, _LAST = date(2000, 1, 1), date(2100, 12, 1)


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is on duty from then on; None at the start of the day, and nobody without a name."""

    from_at: datetime | None
    name: str


@dataclass(frozen=True, slots=True)
class RosterDay:
    """One day: whether it is special, and who is on duty in its order; roles with the same turns are named together."""

    on: date
    is_within: bool
    is_today: bool
    special: SpecialDay | None
    roles: Sequence[tuple[str, Sequence[Turn]]]
    is_news: bool
    is_past: bool

    @property
    def has_gap(self) -> bool:
        """Whether nobody is on duty for a part of it, and something can still be done about it."""
        return not self.is_past and any(not turn.name for _, turns in self.roles for turn in turns)


def month_of(text: str, visit: Visit) -> date:
    """The first of the month called "2026-12"; of this one where it is none."""
    today = visit.now.astimezone(visit.zone).date()
    try:
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)
    return min(max(first, _FIRST), _LAST)


def roster_days(session: Session, roster: Roster, visit: Visit, first: date) -> list[RosterDay]:
    """The days of the weeks that touch that month."""
    days = list(Calendar(SUNDAY).itermonthdates(first.year, first.month))
    special = {day.on: day for day in special_days_between(session, visit.organisation, days[0], days[-1])}
    covered = [role for role in roster.roles if role.is_covered]
    today = visit.now.astimezone(visit.zone).date()
    found: list[RosterDay] = []
    for day in days:
        roles = _together([(role, _turns(roster, role, day, visit)) for role in covered])
        is_news = not found or any(len(turns) > 1 for _, turns in roles) or roles != found[-1].roles
        within = day.month == first.month
        found.append(RosterDay(day, within, day == today, special.get(day), roles, is_news, day < today))
    return found


def _together(roles: Sequence[tuple[RosterRole, Sequence[Turn]]]) -> list[tuple[str, Sequence[Turn]]]:
    found: dict[tuple[Turn, ...], list[str]] = {}
    for role, turns in roles:
        found.setdefault(tuple(turns), []).append(role.name)
    return [(", ".join(names), turns) for turns, names in found.items()]


def _turns(roster: Roster, role: RosterRole, day: date, visit: Visit) -> list[Turn]:
    start, end = (datetime.combine(day + timedelta(days=ahead), time(), visit.zone).astimezone(UTC) for ahead in (0, 1))
    found = []
    for duty in roster.duties_in(role.key):
        if (duty.starts_at is None or duty.starts_at < end) and (duty.ends_at is None or duty.ends_at > start):
            person = roster.person(duty.person_id)
            starts_within = duty.starts_at if duty.starts_at and duty.starts_at > start else None
            found.append(Turn(starts_within, person.name if person else ""))
    return found
