"""Times as people type them on the organisation's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.localtime import for_field, from_clock

CHICAGO = ZoneInfo("America/Chicago")


def test_it_reads_summer_and_winter():
    assert from_clock("2026-07-01T22:30", CHICAGO) == datetime(2026, 7, 2, 3, 30, tzinfo=UTC)
    assert from_clock("2026-12-01T22:30", CHICAGO) == datetime(2026, 12, 2, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-03-08T02:00", "2:00 AM does not exist"),
        ("2026-03-08T02:59", "2:59 AM does not exist"),
        ("2026-11-01T01:00", "1:00 AM comes twice"),
        ("2026-11-01T01:59", "1:59 AM comes twice"),
    ],
)
def test_it_refuses_the_hours_that_are_skipped_or_repeated(typed, said):
    with pytest.raises(RefusedError, match=said):
        from_clock(typed, CHICAGO)


@pytest.mark.parametrize("typed", ["2026-03-08T01:59", "2026-03-08T03:00", "2026-11-01T00:59", "2026-11-01T02:00"])
def test_it_takes_the_minutes_before_and_after(typed):
    assert for_field(from_clock(typed, CHICAGO), CHICAGO) == typed


@pytest.mark.parametrize(
    "typed", ["", "tomorrow", "2026-02-30T10:00", "25:00", "0001-01-01T00:00", "9999-12-31T23:59", "2026-04-05T10:00Z"]
)
def test_it_refuses_what_is_no_time_on_our_clock(typed):
    with pytest.raises(RefusedError):
        from_clock(typed, CHICAGO)


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001 - as people type them
def test_it_shows_every_time_it_takes_as_it_was_typed(typed):
    text = typed.strftime("%Y-%m-%dT%H:%M")
    try:
        moment = from_clock(text, CHICAGO)
    except RefusedError:
        return
    assert for_field(moment, CHICAGO) == text
