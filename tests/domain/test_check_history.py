"""A day of checks and reports: counted by half hours, and every stretch that was not well."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.check_history import DAY, Change, Stretch, half_hours, stretches
from app.domain.reports import CheckState

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
WORKING, FAILING, SLOW = CheckState.WORKING, CheckState.FAILING, CheckState.SLOW


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@given(st.lists(st.integers(0, 200_000)))
def test_every_report_of_the_day_is_in_one_half_hour(ages: list[int]) -> None:
    numbers = half_hours([ago(seconds=age) for age in ages], NOW)
    assert (len(numbers), sum(numbers)) == (48, sum(age < DAY.total_seconds() for age in ages))
    assert half_hours([NOW], NOW)[-1] == 1


def test_a_stretch_lasts_until_the_next_change_of_the_same_check_or_until_now():
    changes = [
        Change("a", ago(hours=30), FAILING),
        Change("a", ago(hours=20), WORKING),
        Change("b", ago(hours=3), SLOW),
        Change("a", ago(hours=2), FAILING),
        Change("b", ago(hours=1), WORKING),
    ]
    assert stretches(changes, NOW) == [
        Stretch(FAILING, ago(hours=24), ago(hours=20)),
        Stretch(SLOW, ago(hours=3), ago(hours=1)),
        Stretch(FAILING, ago(hours=2), NOW),
    ]


def test_what_was_over_before_the_day_began_is_not_told():
    assert stretches([Change("a", ago(hours=40), FAILING), Change("a", ago(hours=30), WORKING)], NOW) == []
