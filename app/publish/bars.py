"""Ninety days of one component as a row of bars, and the same in words (page.md, "Order", 8).

A quiet day is part of a pattern that the page defines once; only the exceptions are drawn, one
path per kind. An element per day would weigh 119 KB. Height tells the kinds apart without colour.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.components import Component, ComponentStatus
from app.domain.history import Day, total_unreachable
from app.publish.language import Language
from app.publish.wording import duration

STEP = 4
"""Units of width per day; the bar takes three of them."""

HEIGHT = 20

_TOPS = {"down": 0, "part": 6, "work": 9}
"""Where the bar of each kind begins: the taller, the worse. A quiet day begins at 12."""


@dataclass(frozen=True, slots=True)
class Bars:
    """One row: `first` is the first day that counts (an index), `marks` are kinds with path data.

    `summary` says in words how it was, `exceptions` names the days that were not quiet.
    """

    component: Component
    days: int
    first: int
    marks: tuple[tuple[str, str], ...]
    summary: str
    exceptions: str

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened on any of its days."""
        return not self.marks


def bars(component: Component, days: Sequence[Day], language: Language) -> Bars:
    """The row of one component; days before it was put in service do not count in its favour."""
    first = _first(days, component.start_on)
    counted = days[first:]
    found: defaultdict[str, list[str]] = defaultdict(list)
    for index, day in enumerate(days):
        if index >= first and (kind := _kind(day)):
            found[kind].append(f"M{index * STEP} {_TOPS[kind]}h3v{HEIGHT - _TOPS[kind]}h-3z")
    return Bars(
        component=component,
        days=len(days),
        first=first,
        marks=tuple((kind, "".join(found[kind])) for kind in _TOPS if kind in found),
        summary=_summary(counted, language),
        exceptions="; ".join(_exception(day, language) for day in counted if _kind(day)),
    )


def _first(days: Sequence[Day], start_on: date | None) -> int:
    return sum(start_on is not None and day.on < start_on for day in days)


def _kind(day: Day) -> str:
    if day.unreachable:
        return "down"
    if day.planned or day.worst is ComponentStatus.UNDER_MAINTENANCE:
        return "work"
    return "" if day.worst is ComponentStatus.OPERATIONAL else "part"


def _summary(days: Sequence[Day], language: Language) -> str:
    """Uptime in words. Time without a way in counts as not reachable (R32)."""
    kinds = [_kind(day) for day in days]
    if not any(kinds):
        number = len(days)
        return language.ngettext("No trouble in %(count)d day", "No trouble in %(count)d days", number, count=number)
    said = []
    if unreachable := total_unreachable(days):
        said.append(_unreachable(unreachable, kinds.count("down"), language))
    if part := kinds.count("part"):
        said.append(
            language.ngettext("%(count)d day slow or failing", "%(count)d days slow or failing", part, count=part)
        )
    if planned := sum((day.planned for day in days), timedelta()):
        said.append(language.gettext("closed for planned work for %(length)s", length=duration(planned, language)))
    return "; ".join(said)


def _unreachable(length: timedelta, days: int, language: Language) -> str:
    return language.ngettext(
        "Not reachable for %(length)s on %(count)d day",
        "Not reachable for %(length)s on %(count)d days",
        days,
        length=duration(length, language),
        count=days,
    )


def _exception(day: Day, language: Language) -> str:
    on = language.day(day.on)
    match _kind(day):
        case "down":
            length = duration(day.unreachable, language)
            return language.gettext("%(day)s: not reachable for %(length)s", day=on, length=length)
        case "work":
            return language.gettext("%(day)s: planned work", day=on)
        case _:
            return language.gettext("%(day)s: slow or failing", day=on)
