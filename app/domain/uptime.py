"""How much of a stretch of time a component was there, as Statuspage reckons it.

A major outage counts whole and a partial one for three tenths; slowness and announced work do not
count. What two incidents say of the same minute counts once, at its worse.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.components import ComponentStatus, worst_status
from app.domain.history import incident_spells
from app.domain.incidents import Incident

PARTIAL_WEIGHT = 0.3

_COUNTED = (ComponentStatus.MAJOR_OUTAGE, ComponentStatus.PARTIAL_OUTAGE)
_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Uptime:
    """One component from `starts_at` to `ends_at`: how long it was down, wholly or partly, and in which incidents."""

    starts_at: datetime
    ends_at: datetime
    major: timedelta = _NONE
    partial: timedelta = _NONE
    incident_ids: tuple[str, ...] = ()

    @property
    def percentage(self) -> float:
        """From 0 to 100; a stretch without length is 100."""
        length = (self.ends_at - self.starts_at).total_seconds()
        lost = self.major.total_seconds() + PARTIAL_WEIGHT * self.partial.total_seconds()
        return 100.0 if length <= 0 else 100.0 * (1 - lost / length)


def uptime_of(
    slug: str, incidents: Iterable[Incident], starts_at: datetime, ends_at: datetime, now: datetime
) -> Uptime:
    """The uptime of one component; what lies after `now` has not failed yet."""
    spells: list[tuple[datetime, datetime, ComponentStatus]] = []
    involved: list[str] = []
    for incident in incidents:
        of_this = [
            (max(spell.starts_at, starts_at), min(spell.ends_at, ends_at), spell.status)
            for spell in incident_spells(incident, now)
            if spell.slug == slug and spell.status in _COUNTED
        ]
        found = [spell for spell in of_this if spell[0] < spell[1]]
        spells += found
        involved += [incident.id] if found else []
    lasted = _lasted(spells)
    return Uptime(starts_at, ends_at, lasted[_COUNTED[0]], lasted[_COUNTED[1]], tuple(involved))


def _lasted(spells: list[tuple[datetime, datetime, ComponentStatus]]) -> dict[ComponentStatus, timedelta]:
    """How long each status was the worst one (a sweep over the edges of the spells)."""
    turns = sorted(
        [(began, 1, status) for began, _, status in spells] + [(ended, -1, status) for _, ended, status in spells],
        key=lambda turn: turn[0],
    )
    lasted, active, since = dict.fromkeys(_COUNTED, _NONE), dict.fromkeys(_COUNTED, 0), None
    for moment, step, status in turns:
        standing = [item for item in _COUNTED if active[item]]
        if standing and since is not None:
            lasted[worst_status(standing)] += moment - since
        active[status] += step
        since = moment
    return lasted
