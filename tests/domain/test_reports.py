"""Members' reports: how many are shown, and when they are more than usual."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.reports import (
    BUCKET,
    WINDOW,
    CheckState,
    counts,
    falls_at,
    is_spike,
    shown_count,
    usual_count,
    worst_state,
)

NOW = datetime(2026, 4, 5, 2, 50, 20, tzinfo=UTC)
AGES = st.lists(st.integers(-100, 4_000), max_size=60)


@given(AGES)
def test_it_counts_every_report_of_the_window_in_one_stretch(ages: list[int]) -> None:
    moments = [NOW - timedelta(seconds=age) for age in ages]
    assert sum(counts(moments, NOW)) == sum(0 <= age < WINDOW.total_seconds() for age in ages)
    assert len(counts(moments, NOW)) == WINDOW / BUCKET


def test_it_puts_the_newest_stretch_last() -> None:
    assert counts([NOW, NOW - timedelta(minutes=4), NOW - timedelta(minutes=29)], NOW) == (1, 0, 0, 0, 0, 2)


@given(st.integers(0, 5_000))
def test_it_never_shows_more_than_were_counted_and_never_falls(number: int) -> None:
    assert shown_count(number) <= number
    assert shown_count(number) <= shown_count(number + 1)


def test_a_flood_changes_the_page_a_few_times_only() -> None:
    assert len({shown_count(number) for number in range(10_000)}) <= 16


@given(st.lists(st.integers(0, 1_799), min_size=1, max_size=30))
def test_what_is_shown_holds_until_the_oldest_report_is_over(ages: list[int]) -> None:
    moments = [NOW - timedelta(seconds=age) for age in ages]
    until = falls_at(moments)
    assert until is not None
    assert until >= min(moments) + WINDOW
    assert until - (min(moments) + WINDOW) < timedelta(minutes=1)
    assert until.second == 0


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_reports_never_make_a_spike_less_of_one(number: int, in_baseline: int) -> None:
    usual = usual_count(in_baseline)
    assert is_spike(number + 1, usual) >= is_spike(number, usual)
    assert is_spike(number, usual_count(in_baseline + 500)) <= is_spike(number, usual)


def test_r08_eight_reports_are_a_spike_on_a_quiet_service_and_none_on_a_noisy_one() -> None:
    assert is_spike(8, usual_count(0))
    assert not is_spike(8, usual_count(8 * 336))
    assert not is_spike(4, usual_count(0))


def test_the_worst_check_counts_and_none_at_all_is_unknown() -> None:
    assert worst_state([]) is CheckState.UNKNOWN
    assert worst_state([CheckState.WORKING, CheckState.FAILING, CheckState.SLOW]) is CheckState.FAILING
    assert worst_state([CheckState.WORKING, CheckState.UNKNOWN]) is CheckState.UNKNOWN
