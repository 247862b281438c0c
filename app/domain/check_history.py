"""What our checks stood for over a day, beside what members reported in it (R3, R8, R12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.reports import CheckState

DAY = timedelta(hours=24)
HALF_HOUR = timedelta(minutes=30)
SHOWN = (CheckState.FAILING, CheckState.SLOW, CheckState.UNKNOWN)
"""The states worth showing, the worst first."""


@dataclass(frozen=True, slots=True)
class Change:
    """From when on one check stood for what."""

    probe_id: str
    at: datetime
    state: CheckState


@dataclass(frozen=True, slots=True)
class Stretch:
    """For how long one check was not well."""

    state: CheckState
    began_at: datetime
    ended_at: datetime


def half_hours(reported: Iterable[datetime], now: datetime) -> tuple[int, ...]:
    """Reports of the last 24 hours by half hours, oldest first."""
    found = [0] * int(DAY / HALF_HOUR)
    for moment in reported:
        age = now - moment
        if timedelta(0) <= age < DAY:
            found[-1 - int(age / HALF_HOUR)] += 1
    return tuple(found)


def stretches(changes: Sequence[Change], now: datetime) -> list[Stretch]:
    """When checks were not well within the last 24 hours; `changes` stand in their order, those before it too."""
    since = now - DAY
    last: dict[str, Change] = {}
    found = []
    for change in (*changes, *(Change(probe_id, now, CheckState.WORKING) for probe_id in _ids(changes))):
        before = last.get(change.probe_id)
        if before and before.state in SHOWN and change.at > since:
            found.append(Stretch(before.state, max(before.at, since), change.at))
        last[change.probe_id] = change
    return sorted(found, key=lambda stretch: stretch.began_at)


def _ids(changes: Sequence[Change]) -> list[str]:
    return list(dict.fromkeys(change.probe_id for change in changes))
