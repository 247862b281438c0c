"""Business days skip weekends and days off, and nothing else (R63)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.business_days import add_business_days, is_business_day

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
DAYS_OFF = st.frozensets(st.dates(date(2020, 1, 1), date(2036, 12, 31)), max_size=30)
THANKSGIVING = frozenset({date(2026, 11, 26), date(2026, 11, 27)})


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2026, 11, 16), date(2026, 11, 19)),  # Monday to Thursday
        (date(2026, 11, 21), date(2026, 11, 25)),  # resolved on a Saturday
        (date(2026, 11, 25), date(2026, 12, 2)),  # the day before Thanksgiving
        (date(2026, 11, 27), date(2026, 12, 2)),  # on a day off
    ],
)
def test_it_counts_three_business_days_around_a_holiday(start, due):
    assert add_business_days(start, 3, THANKSGIVING) == due


def test_it_starts_on_the_day_itself_or_the_next_open_one_for_none():
    assert add_business_days(date(2026, 11, 25), 0, THANKSGIVING) == date(2026, 11, 25)
    assert add_business_days(date(2026, 11, 26), 0, THANKSGIVING) == date(2026, 11, 30)


@given(DAYS, st.integers(1, 40), DAYS_OFF)
def test_it_lands_on_a_business_day_with_exactly_so_many_between(start, count, closed):
    due = add_business_days(start, count, closed)
    assert is_business_day(due, closed)
    days = (start + timedelta(days=ahead) for ahead in range(1, (due - start).days + 1))
    assert sum(is_business_day(day, closed) for day in days) == count


@given(DAYS, st.integers(0, 20), DAYS_OFF)
def test_it_never_comes_sooner_for_another_day_off(start, count, closed):
    due = add_business_days(start, count, closed)
    assert add_business_days(start, count, closed | {due}) > due


def test_it_refuses_to_count_backwards_and_into_a_year_without_work():
    with pytest.raises(ValueError, match="forwards"):
        add_business_days(date(2026, 1, 1), -1, frozenset())
    closed = frozenset(date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(800))
    with pytest.raises(ValueError, match="every day"):
        add_business_days(date(2026, 1, 1), 1, closed)
