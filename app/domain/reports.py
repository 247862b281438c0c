"""Members who say that something fails for them: how many, and whether that is unusual (R8, R12)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, sqrt

from app.domain.accounts import AttemptLimit

WINDOW = timedelta(minutes=30)
"""For so long a report counts."""

BUCKET = timedelta(minutes=5)
BASELINE = timedelta(days=7)
"""What is usual is what the last week was like."""

OTHERS = 3
"""So many reports are more than one person and a colleague: others report it too."""

LEAST_SPIKE = 5
_UNUSUAL = 3.0
_MINUTE = timedelta(minutes=1)
_BANDS = (10, 25, 50, 100, 250, 500)


class Source(StrEnum):
    """Who counted a report: the member, or somebody at the help desk whom they called."""

    MEMBER = "member"
    HELP_DESK = "help_desk"


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """The most reports that are believed: an office shares one network, a stranger must not make an outage."""

    network: AttemptLimit = field(default=AttemptLimit(12, timedelta(hours=1)))
    network_and_component: AttemptLimit = field(default=AttemptLimit(3, WINDOW))
    component: AttemptLimit = field(default=AttemptLimit(600, WINDOW))

    def of(self, network: str, slug: str) -> Mapping[str, AttemptLimit]:
        """The buckets that one report of a component from a network is counted in."""
        return {
            f"trouble:{network}": self.network,
            f"trouble:{slug}:{network}": self.network_and_component,
            f"trouble:{slug}": self.component,
        }


def counts(reported: Iterable[datetime], now: datetime) -> tuple[int, ...]:
    """Reports of the last half hour in stretches of five minutes, oldest first."""
    found = [0] * int(WINDOW / BUCKET)
    for moment in reported:
        age = now - moment
        if timedelta(0) <= age < WINDOW:
            found[-1 - int(age / BUCKET)] += 1
    return tuple(found)


def shown_count(number: int) -> int:
    """The number that the public page says: exact to ten, then "at least" 10, 25, 50 and so on.

    A flood therefore changes the page a few times and not once for every report.
    """
    return number if number <= _BANDS[0] else max(band for band in _BANDS if band <= number)


def falls_at(reported: Sequence[datetime]) -> datetime | None:
    """When the oldest of these reports (all within the window) stops counting, on a full minute; None without any."""
    if not reported:
        return None
    ends = min(reported) + WINDOW
    return ends if not (ends.second or ends.microsecond) else ends.replace(second=0, microsecond=0) + _MINUTE


def usual_count(in_baseline: int, observed: timedelta = BASELINE) -> float:
    """How many reports half an hour usually has, when there were `in_baseline` in the time before this window."""
    return in_baseline * (WINDOW / observed)


def is_spike(number: int, usual: float) -> bool:
    """Whether so many reports within half an hour are more than chance makes of the usual number.

    Reports that have nothing to do with each other scatter by the square root of their mean
    (Poisson); three times that above it is chance less than once in 700 half hours.
    """
    return number >= max(LEAST_SPIKE, ceil(usual + _UNUSUAL * sqrt(usual)))


class CheckState(StrEnum):
    """What our own checks of a component say, from best to worst; `unknown` is never shown as green (R9)."""

    WORKING = "working"
    UNKNOWN = "unknown"
    SLOW = "slow"
    FAILING = "failing"


def worst_state(states: Iterable[CheckState]) -> CheckState:
    """The worst of several checks; `unknown` when there are none."""
    return max(states, key=tuple(CheckState).index, default=CheckState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    """What is known of one component apart from what staff said, frozen for *Is it me?*.

    `reports` is the shown count of the last half hour; `changes_at` when time alone changes that;
    `on_it_at` since when somebody of the staff looks into it.
    """

    slug: str
    reports: int = 0
    check: CheckState = CheckState.UNKNOWN
    checked_at: datetime | None = None
    changes_at: datetime | None = None
    on_it_at: datetime | None = None
