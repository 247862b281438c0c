"""Quiet hours on the organisation's clock, and choices that choose something."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.subscribers import Choices, QuietHours

CHICAGO = ZoneInfo("America/Chicago")
NIGHT = QuietHours(time(22), time(6, 30))
BUSY = QuietHours(time(9), time(17), overridden=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(UTC)


def test_it_waits_for_the_morning_over_midnight():
    assert NIGHT.quiet_until(at("2026-11-21T23:10"), CHICAGO) == at("2026-11-22T06:30")
    assert NIGHT.quiet_until(at("2026-11-22T05:00"), CHICAGO) == at("2026-11-22T06:30")


def test_it_lets_go_what_comes_in_waking_hours():
    assert NIGHT.quiet_until(at("2026-11-21T21:59"), CHICAGO) is None
    assert NIGHT.quiet_until(at("2026-11-22T06:30"), CHICAGO) is None


def test_an_urgent_outage_breaks_the_quiet_only_where_the_subscriber_said_so():
    assert NIGHT.quiet_until(at("2026-11-21T23:10"), CHICAGO, urgent=True) == at("2026-11-22T06:30")
    assert BUSY.quiet_until(at("2026-11-21T10:00"), CHICAGO, urgent=True) is None
    assert BUSY.quiet_until(at("2026-11-21T10:00"), CHICAGO) == at("2026-11-21T17:00")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.times(), st.times())  # noqa: DTZ001
def test_quiet_ends_within_a_day_and_is_over_then(now: datetime, begins: time, ends: time):
    quiet = QuietHours(begins, ends)
    until = quiet.quiet_until(now, CHICAGO)
    assert until is None or (0 < (until - now).total_seconds() <= 25 * 3600)


@pytest.mark.parametrize(
    ("begins", "ends"), [("22:00", ""), ("", "06:00"), ("25:00", "06:00"), ("x", "y"), ("9:00", "09:00")]
)
def test_it_refuses_quiet_hours_that_cannot_be(begins: str, ends: str):
    with pytest.raises(RefusedError):
        QuietHours.parse(begins, ends)


def test_no_quiet_hours_are_none():
    assert QuietHours.parse("", "") is None


def test_a_subscription_to_nothing_is_refused():
    with pytest.raises(RefusedError, match="Choose outages"):
        Choices(programmes=frozenset()).check()
