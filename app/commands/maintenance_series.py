"""Planned work that comes again: start a series, end it, and announce each of its days in time."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.commands.audit import note
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import check_title
from app.domain.maintenance_series import ANNOUNCE_DAYS_MOST, MaintenanceSeries, Occurrence, owed_occurrences
from app.domain.recurrence import Recurrence, Window, check_recurrence, occurrences
from app.domain.text import printable
from app.store.components import live_components
from app.store.maintenance_series import MaintenanceSeriesRow, frozen_series, running_series, series_row
from app.store.organisation import organisation_row, the_organisation

BODY_MOST = 2_000
_A_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class SeriesDraft:
    """A series as a person describes it; `components` are slugs."""

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


def start_series(session: Session, draft: SeriesDraft, *, now: datetime) -> MaintenanceSeries:
    """Begin a series, and announce at once what falls within its days of notice.

    Raises:
        RefusedError: no title or text, an unknown component, a rule that names no day, or no day ahead.
    """
    draft = replace(draft, title=printable(draft.title).strip(), body=printable(draft.body).strip())
    _check(session, draft, now)
    row = MaintenanceSeriesRow(
        title=draft.title,
        body=draft.body,
        components=list(draft.components),
        rule=str(draft.rule),
        first_on=draft.first_on,
        last_on=draft.last_on,
        starts=f"{draft.window.starts:%H:%M}",
        ends=f"{draft.window.ends:%H:%M}",
        verify_minutes=int(draft.verify_for.total_seconds() // 60),
        auto=draft.auto,
        notify=draft.notify,
        announce_days=draft.announce_days,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"title": row.title, "rule": row.rule, "starts": row.starts, "ends": row.ends, "first_on": row.first_on}
    note(session, "maintenance_series.started", Subject("maintenance_series", row.id), after=facts, now=now)
    _plan(session, row, now)
    return frozen_series(row)


def end_series(session: Session, series_id: str, *, now: datetime) -> None:
    """Plan nothing more of it; what was announced stays until somebody cancels it.

    Raises:
        NotFoundError: there is no such series, or it ended before.
    """
    row = series_row(session, series_id, lock=True)
    if row is None or row.ended_at is not None:
        raise NotFoundError("There is no such series of planned work, or it has ended.")
    row.ended_at, row.updated_at, row.version = now, now, row.version + 1
    subject = Subject("maintenance_series", row.id)
    note(session, "maintenance_series.ended", subject, after={"title": row.title}, now=now)


def plan_owed_works(session: Session, *, now: datetime) -> int:
    """Announce every day that the running series owe by now; how many.

    A component that was retired meanwhile is left out; a series of which none is left ends.
    """
    if organisation_row(session) is None:
        return 0
    zone = the_organisation(session).zone
    owing = [series.id for series in running_series(session) if owed_occurrences(series, now, zone)]
    rows = [series_row(session, series_id, lock=True) for series_id in owing]
    return sum(_plan(session, row, now) for row in rows if row is not None and row.ended_at is None)


def _plan(session: Session, row: MaintenanceSeriesRow, now: datetime) -> int:
    """Make the works that are owed and move the mark past them, in one transaction: none is made twice."""
    live = {item.slug for item in live_components(session)}
    left = tuple(slug for slug in row.components if slug in live)
    if row.components and not left:
        end_series(session, row.id, now=now)
        return 0
    owed = owed_occurrences(frozen_series(row), now, the_organisation(session).zone)
    for occurrence in owed:
        schedule_maintenance(session, _draft(row, left, occurrence), now=now)
    if owed:
        row.planned_until = owed[-1].on
    return len(owed)


def _draft(row: MaintenanceSeriesRow, components: tuple[str, ...], occurrence: Occurrence) -> MaintenanceDraft:
    """One day of the series. In a night that the clocks shorten, checking takes at most half of the window."""
    length = occurrence.ends - occurrence.starts
    verify_for = timedelta(minutes=row.verify_minutes)
    return MaintenanceDraft(
        title=row.title,
        body=row.body,
        components=components,
        scheduled_for=occurrence.starts,
        scheduled_until=occurrence.ends,
        auto_start=row.auto,
        auto_complete=row.auto,
        verify_for=verify_for if verify_for < length else timedelta(minutes=length.total_seconds() // 120),
        notify=row.notify,
        series_id=row.id,
    )


def _check(session: Session, draft: SeriesDraft, now: datetime) -> None:
    check_title(draft.title)
    check_recurrence(draft.rule)
    if not draft.body or len(draft.body) > BODY_MOST:
        raise RefusedError({"body": f"Say what happens, in at most {BODY_MOST:,} characters."})
    if draft.window.starts == draft.window.ends:
        raise RefusedError({"ends": "The work must end after it starts."})
    if not 1 <= draft.announce_days <= ANNOUNCE_DAYS_MOST:
        raise RefusedError({"announce_days": f"Give a whole number of days from 1 to {ANNOUNCE_DAYS_MOST}."})
    unknown = set(draft.components) - {item.slug for item in live_components(session)}
    if unknown:
        raise RefusedError({"components": f"There is no component “{min(unknown)[:40]}”."})
    _check_days(draft, the_organisation(session).zone, now)


def _check_days(draft: SeriesDraft, zone: ZoneInfo, now: datetime) -> None:
    starts, ends = draft.window.on(draft.first_on, zone)
    if draft.verify_for >= ends - starts:
        raise RefusedError({"verify_for": "Checking must fit within the window."})
    last = draft.last_on or max(draft.first_on, now.astimezone(zone).date()) + _A_YEAR
    ahead = occurrences(draft.rule, draft.window, zone, first=draft.first_on, after=None, until=last)
    if not any(ends > now for _, _, ends in ahead):
        raise RefusedError({"first_on": "No day of this series lies ahead."})
