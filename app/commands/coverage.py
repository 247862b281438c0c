"""Raise the alarm about nights, weekends and holidays with nobody on duty, once for each stage (R22)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.commands.audit import note
from app.commands.special_days import special_days_between
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.audit import Subject
from app.domain.coverage import EVER, HORIZON, CoverageGap, coverage_gaps, stage_due, touched
from app.domain.holidays import SpecialDay
from app.domain.organisation import Organisation
from app.domain.roster import Roster
from app.store.organisation import organisation_row, the_organisation
from app.store.roster import forget_alarms, raise_alarm, the_roster

RESPONSIBLE = (Role.COMMANDER, Role.SERVICE_MANAGER)
"""Who sees to it that somebody is always on duty."""


def tend_coverage(session: Session, *, now: datetime) -> list[CoverageGap]:
    """The gaps whose next alarm has come; those responsible are told, once however many workers look."""
    if organisation_row(session) is None:
        return []
    organisation, roster = the_organisation(session), the_roster(session, now)
    fresh = [gap for gap in coverage_gaps(roster, now, now + HORIZON) if _raised(session, gap, now)]
    forget_alarms(session, now)
    if fresh:
        special = special_days_ahead(session, organisation, now)
        lines = [gap_in_words(gap, roster, organisation, special, now) for gap in fresh]
        for gap in fresh:
            facts = {"roles": list(gap.roles), "starts_at": gap.starts_at, "ends_at": gap.ends_at}
            note(session, "coverage.alarmed", Subject("gap", gap.starts_at.isoformat()), after=facts, now=now)
        tell_staff(session, RESPONSIBLE, _subject(fresh), _text(lines), now=now)
    return fresh


def special_days_ahead(session: Session, organisation: Organisation, now: datetime) -> list[SpecialDay]:
    """The special days that lie within the horizon."""
    today = now.astimezone(organisation.zone).date()
    return special_days_between(session, organisation, today, today + HORIZON + timedelta(days=1))


def gap_in_words(
    gap: CoverageGap, roster: Roster, organisation: Organisation, special: Sequence[SpecialDay], now: datetime
) -> str:
    """One gap in one line: "Operations manager: nobody from Mon, Dec 28, 8:00 AM on (New Year's Day, nights)"."""
    said = ", ".join(gap_touches(gap, organisation, special, now))
    return f"{gap_roles(gap, roster)}: nobody {gap_span(gap, organisation.zone)}" + (f" ({said})" if said else "")


def gap_roles(gap: CoverageGap, roster: Roster) -> str:
    """The roles of a gap: "every role", or their names."""
    covered = [role.key for role in roster.roles if role.is_covered]
    if len(gap.roles) > 1 and set(gap.roles) == set(covered):
        return "Every role"
    names = [role.name for role in roster.roles if role.key in gap.roles]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def gap_span(gap: CoverageGap, zone: ZoneInfo) -> str:
    """From when to when, on the organisation's clock."""
    if gap.starts_at <= EVER:
        return f"until {_when(gap.ends_at, zone)}" if gap.ends_at else "at all yet"
    start = f"from {_when(gap.starts_at, zone)}"
    return f"{start} to {_when(gap.ends_at, zone)}" if gap.ends_at else f"{start} on"


def gap_touches(
    gap: CoverageGap, organisation: Organisation, special: Sequence[SpecialDay], now: datetime
) -> list[str]:
    """Which holidays and parts of the week lie in it, as far as the horizon goes."""
    day = organisation.day
    opens, closes = day.first_thing, max(day.end_of_day, time(12))
    return touched(gap, organisation.zone, special, within=(now, now + HORIZON), opens=opens, closes=closes)


def _raised(session: Session, gap: CoverageGap, now: datetime) -> bool:
    stage = stage_due(gap, now)
    if stage is None:
        return False
    raised = [role for role in gap.roles if raise_alarm(session, gap, role, stage, now)]
    return bool(raised)


def _subject(gaps: Sequence[CoverageGap]) -> str:
    return "Nobody is on duty" if len(gaps) == 1 else f"Nobody is on duty: {len(gaps)} stretches"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(
        ("Nobody is on duty here yet:", *(f"- {line}" for line in lines), "Assign somebody on the roster.")
    )


def _when(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%a, %b} {local.day}, {f'{local:%I:%M %p}'.lstrip('0')}"
