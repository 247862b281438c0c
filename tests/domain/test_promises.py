"""When the next word is due, across both clock changes (R36-R41)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.promises import Day, next_update_due, suggested_promise
from app.domain.severity import Urgency

CHICAGO = ZoneInfo("America/Chicago")
DAY = Day(time_zone="America/Chicago")
SPAN = datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2027-12-31")


def local(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold)


@pytest.mark.parametrize(
    ("urgency", "said", "due"),
    [
        (Urgency.URGENT, "2026-04-04T21:50", "2026-04-04T22:50"),
        (Urgency.URGENT, "2026-04-04T15:50", "2026-04-04T16:30"),
        (Urgency.HIGH, "2026-04-04T06:00", "2026-04-04T08:00"),
        (Urgency.HIGH, "2026-04-04T08:00", "2026-04-04T12:00"),
        (Urgency.HIGH, "2026-04-04T16:30", "2026-04-05T08:00"),
        (Urgency.MEDIUM, "2026-04-04T16:14", "2026-04-04T16:30"),
        (Urgency.MEDIUM, "2026-04-04T16:29", "2026-04-05T16:30"),
        (Urgency.URGENT, "2026-04-04T16:29", "2026-04-04T17:29"),
        (Urgency.HIGH, "2026-04-04T11:50", "2026-04-04T16:30"),
        (Urgency.MEDIUM, "2026-04-04T16:30", "2026-04-05T16:30"),
    ],
)
def test_it_follows_the_urgency_and_the_organisations_day(urgency: Urgency, said: str, due: str) -> None:
    assert next_update_due(urgency, local(said), DAY) == local(due)


@pytest.mark.parametrize("evening", ["2026-03-07T17:00", "2026-10-31T17:00"])
def test_half_past_four_is_half_past_four_on_the_wall_after_a_clock_change(evening: str) -> None:
    due = next_update_due(Urgency.MEDIUM, local(evening), DAY).astimezone(CHICAGO)
    assert (due.hour, due.minute) == (16, 30)


def test_an_urgent_hour_is_sixty_real_minutes_through_the_repeated_hour() -> None:
    said = local("2026-11-01T01:30")
    assert (next_update_due(Urgency.URGENT, said, DAY) - said.astimezone(UTC)).total_seconds() == 3600


@given(st.datetimes(*SPAN, timezones=st.just(UTC)), st.sampled_from(Urgency))
def test_what_it_suggests_is_round_ahead_and_never_later_than_what_is_due_after_that(
    now: datetime, urgency: Urgency
) -> None:
    suggested = suggested_promise(urgency, now, DAY)
    assert suggested.minute % 5 == 0
    assert 300 < (suggested - now).total_seconds() <= 25 * 3600 + 600
