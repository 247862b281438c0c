"""When a contract asks for attention (R67)."""

from datetime import date, timedelta

import pytest

from app.domain.vendors import Contract, Flag, flags_of, stage_due

TODAY = date(2026, 11, 21)


def contract(notice_in: int, *, review_in: int = 0) -> Contract:
    """A contract whose notice is due so many days ahead, and which is reviewed so many days before that."""
    ends_on = TODAY + timedelta(days=notice_in + 60)
    return Contract(ends_on, 60, next_review_on=TODAY + timedelta(days=notice_in - review_in))


@pytest.mark.parametrize(
    ("ahead", "stage"),
    [(61, None), (60, 60), (31, 60), (30, 30), (14, 14), (8, 14), (7, 7), (1, 1), (0, 1), (-1, None)],
)
def test_the_alarm_comes_before_the_last_day_for_notice_and_never_after(ahead: int, stage: int | None) -> None:
    assert stage_due(contract(ahead), TODAY) == stage


def test_a_window_that_opens_soon_is_named_only_when_the_review_comes_in_time() -> None:
    assert flags_of(contract(60, review_in=1), TODAY) == (Flag.NOTICE_OPENS,)
    assert flags_of(contract(61, review_in=1), TODAY) == ()
    assert flags_of(contract(200, review_in=-1), TODAY) == (Flag.REVIEW_AFTER_NOTICE,)


def test_what_ended_or_can_no_longer_be_left_says_so() -> None:
    assert flags_of(contract(-61), TODAY) == (Flag.ENDED,)
    assert flags_of(contract(-1, review_in=-30), TODAY) == (Flag.NOTICE_PASSED,)
    assert flags_of(contract(-1), TODAY) == (Flag.NOTICE_PASSED, Flag.REVIEW_OVERDUE)
