"""Ninety days as bars and in words."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.domain.components import Component, ComponentStatus
from app.domain.history import Day
from app.publish.bars import HEIGHT, STEP, Bars, bars
from app.publish.language import Language
from tests.publish.snapshots import demo_components

_START = date(2026, 1, 6)
_HOUR = timedelta(hours=1)


def component(start_on: date | None = None) -> Component:
    return replace(demo_components()[0], start_on=start_on)


def row(*special: Day, of: Component | None = None, code: str = "en") -> Bars:
    named = {day.on: day for day in special}
    days = [named.get(on, Day(on)) for on in (_START + timedelta(days=ahead) for ahead in range(90))]
    return bars(of or component(), days, Language(code, ZoneInfo("America/Chicago")))


def test_it_draws_nothing_but_the_exceptions() -> None:
    assert row().marks == ()
    assert row().is_quiet
    assert row().summary == "No trouble in 90 days"


def test_it_draws_worse_days_taller() -> None:
    found = row(
        Day(_START, ComponentStatus.MAJOR_OUTAGE, unreachable=_HOUR),
        Day(_START + timedelta(days=1), ComponentStatus.DEGRADED_PERFORMANCE),
        Day(_START + timedelta(days=2), ComponentStatus.UNDER_MAINTENANCE, planned=_HOUR),
    )
    tops = {kind: int(path.split()[1].partition("h")[0]) for kind, path in found.marks}

    assert [path.split()[0] for _, path in found.marks] == ["M0", f"M{STEP}", f"M{2 * STEP}"]
    assert tops["down"] < tops["part"] < tops["work"] < HEIGHT


def test_time_without_a_way_in_is_not_flattered() -> None:
    """A component that kept running while nobody could get in counts as not reachable."""
    found = row(Day(_START, ComponentStatus.OPERATIONAL, unreachable=9 * _HOUR))

    assert found.summary == "Not reachable for 9 hours on 1 day"
    assert found.exceptions == "Jan 6: not reachable for 9 hours"


def test_planned_work_is_told_apart() -> None:
    found = row(Day(_START, ComponentStatus.UNDER_MAINTENANCE, planned=2 * _HOUR))

    assert found.summary == "closed for planned work for 2 hours"


def test_days_before_it_was_put_in_service_do_not_count() -> None:
    found = row(of=component(start_on=_START + timedelta(days=80)))

    assert found.first == 80
    assert found.summary == "No trouble in 10 days"


def test_it_speaks_spanish() -> None:
    assert row(Day(_START, unreachable=_HOUR), code="es").summary == "Sin acceso durante 1 hora en 1 día"
