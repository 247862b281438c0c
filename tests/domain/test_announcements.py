"""How long an announcement may play."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.announcements import GOOD_FOR_IN_TROUBLE, GOOD_FOR_WHEN_WELL, GRACE, expires_at

NOW = datetime(2026, 4, 5, 2, 52, tzinfo=UTC)
MOMENTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1))  # noqa: DTZ001


def test_it_plays_until_half_an_hour_after_the_promise():
    promised = NOW + timedelta(minutes=38)
    assert expires_at(NOW, promised, is_well=False) == promised + timedelta(minutes=30)


def test_it_plays_for_two_hours_where_nothing_was_promised():
    assert expires_at(NOW, None, is_well=False) == NOW + timedelta(hours=2)


def test_it_plays_for_a_day_and_two_hours_when_all_is_well():
    assert expires_at(NOW, None, is_well=True) == NOW + timedelta(hours=26)


def test_it_does_not_say_that_all_is_well_once_planned_work_has_begun():
    begins = NOW + timedelta(hours=3)
    assert expires_at(NOW, None, is_well=True, work_begins_at=begins) == begins + GRACE
    assert expires_at(NOW, None, is_well=True, work_begins_at=NOW + timedelta(days=9)) == NOW + GOOD_FOR_WHEN_WELL


@given(MOMENTS, st.none() | MOMENTS, st.booleans(), st.none() | MOMENTS)
def test_it_never_plays_longer_than_was_promised(as_of, promised_at, is_well, work_begins_at):
    until = expires_at(as_of, promised_at, is_well=is_well, work_begins_at=work_begins_at)
    if is_well:
        assert until <= as_of + GOOD_FOR_WHEN_WELL
    else:
        assert until == (promised_at + GRACE if promised_at else as_of + GOOD_FOR_IN_TROUBLE)
