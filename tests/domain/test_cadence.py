"""Due moments, skips, misses and reminders: exact over clock changes, weekends and what is said at 4:29 (R36-R41)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cadence import (
    SKIPS_MOST,
    Due,
    Slot,
    Step,
    Word,
    check_skip,
    clock,
    due_moments,
    missed,
    reminder,
    step_at,
)
from app.domain.errors import RefusedError
from app.domain.promises import Day
from app.domain.severity import Urgency

CHICAGO = ZoneInfo("America/Chicago")
DAY = Day(time_zone="America/Chicago")
WHY = "The supplier writes at eleven."
SPAN = datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2027-12-31")
MOMENTS = st.datetimes(*SPAN, timezones=st.just(UTC))


def local(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold).astimezone(UTC)


def told(dues: list[Due]) -> list[tuple[str, str]]:
    """Each due moment on the wall, with its slot."""
    return [(f"{due.at.astimezone(CHICAGO):%d %H:%M}", due.slot.value) for due in dues]


def said(text: str, promised: str | None = None) -> Word:
    return Word(local(text), local(promised) if promised else None)


def test_r36_an_urgent_incident_is_due_every_hour_and_at_the_end_of_day() -> None:
    dues = due_moments(Urgency.URGENT, said("2026-04-04T14:50"), DAY, local("2026-04-04T17:00"))
    assert told(dues) == [("04 15:50", "hourly"), ("04 16:30", "end_of_day"), ("04 16:50", "hourly")]


def test_r37_a_high_incident_is_due_three_times_on_every_day_weekends_included() -> None:
    dues = due_moments(Urgency.HIGH, said("2026-04-03T17:00"), DAY, local("2026-04-05T17:00"))
    assert told(dues) == [
        (f"{day} {time}", slot)
        for day in ("04", "05")
        for time, slot in (("08:00", "first_thing"), ("12:00", "lunchtime"), ("16:30", "end_of_day"))
    ]


def test_r38_a_medium_incident_is_due_once_a_day() -> None:
    dues = due_moments(Urgency.MEDIUM, said("2026-04-04T09:00"), DAY, local("2026-04-06T09:00"))
    assert told(dues) == [("04 16:30", "end_of_day"), ("05 16:30", "end_of_day")]


@pytest.mark.parametrize(("opened", "first"), [("16:14", "04 16:30"), ("16:15", "05 16:30"), ("16:29", "05 16:30")])
def test_r40_what_is_said_in_the_last_quarter_of_an_hour_is_the_end_of_day_update(opened: str, first: str) -> None:
    word = said(f"2026-04-04T{opened}")
    assert told([clock(Urgency.MEDIUM, word, DAY)]) == [(first, "end_of_day")]


def test_an_incident_opened_at_half_past_four_waits_for_tomorrow() -> None:
    assert told([clock(Urgency.MEDIUM, said("2026-04-04T16:30"), DAY)]) == [("05 16:30", "end_of_day")]


def test_r41_an_earlier_promise_becomes_the_clock_and_a_later_one_does_not() -> None:
    early, late = said("2026-04-04T09:00", "2026-04-04T09:30"), said("2026-04-04T09:00", "2026-04-04T15:00")
    assert told([clock(Urgency.HIGH, early, DAY)]) == [("04 09:30", "promise")]
    assert told([clock(Urgency.HIGH, late, DAY)]) == [("04 12:00", "lunchtime")]


def test_a_promise_for_half_past_four_is_one_moment_and_a_promise() -> None:
    dues = due_moments(Urgency.MEDIUM, said("2026-04-04T09:00", "2026-04-04T16:30"), DAY, local("2026-04-04T20:00"))
    assert told(dues) == [("04 16:30", "promise")]


@pytest.mark.parametrize("night", ["2026-03-07T22:10", "2026-10-31T22:10"])
def test_r40_hours_are_real_hours_and_half_past_four_is_on_the_wall_over_both_clock_changes(night: str) -> None:
    word = said(night)
    dues = due_moments(Urgency.URGENT, word, DAY, word.said_at + timedelta(hours=24))
    hourly = [due.at for due in dues if due.slot is Slot.HOURLY]
    assert [at - word.said_at for at in hourly] == [timedelta(hours=hour) for hour in range(1, 25)]
    (end,) = [due.at for due in dues if due.slot is Slot.END_OF_DAY]
    assert f"{end.astimezone(CHICAGO):%H:%M}" == "16:30"


def test_nothing_is_due_after_an_end() -> None:
    word = Word(local("2026-04-04T09:00"), None, is_open=False)
    assert due_moments(Urgency.URGENT, word, DAY, local("2026-04-06T09:00")) == []


def test_r36_two_hours_may_be_skipped_with_a_reason_and_a_third_may_not() -> None:
    word, skipped = said("2026-04-04T20:00", "2026-04-04T23:30"), []
    for hour in ("21:00", "22:00"):
        due = check_skip(Urgency.URGENT, word, DAY, skipped, WHY)
        assert told([due]) == [(f"04 {hour}", "hourly")]
        skipped.append(due.at)
    with pytest.raises(RefusedError, match="Two updates in a row"):
        check_skip(Urgency.URGENT, word, DAY, skipped, WHY)


def test_a_promise_and_the_end_of_day_are_never_skipped() -> None:
    with pytest.raises(RefusedError, match="Members were promised"):
        check_skip(Urgency.HIGH, said("2026-04-04T09:00", "2026-04-04T09:30"), DAY, [], WHY)
    with pytest.raises(RefusedError, match="never skipped"):
        check_skip(Urgency.MEDIUM, said("2026-04-04T09:00"), DAY, [], WHY)


@pytest.mark.parametrize("reason", ["", "   ", "no"])
def test_a_skip_needs_a_reason(reason: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_skip(Urgency.URGENT, said("2026-04-04T20:00"), DAY, [], reason)
    assert "reason" in refused.value.problems


def test_silence_is_missed_and_a_skip_is_not() -> None:
    words = [said("2026-04-04T18:00", "2026-04-04T21:00"), said("2026-04-04T21:30")]
    found = missed(
        Urgency.URGENT,
        words,
        DAY,
        [local("2026-04-04T19:00")],
        since=local("2026-04-04T00:00"),
        now=local("2026-04-04T22:45"),
    )
    assert told(found) == [("04 20:00", "hourly"), ("04 21:00", "promise"), ("04 22:30", "hourly")]


def test_the_first_word_of_the_day_has_half_an_hour_of_grace_and_the_last_has_none() -> None:
    words = [said("2026-04-04T17:00"), said("2026-04-05T08:29"), said("2026-04-05T12:31"), said("2026-04-05T16:31")]
    found = missed(Urgency.HIGH, words, DAY, [], since=local("2026-04-04T00:00"), now=local("2026-04-05T16:40"))
    assert told(found) == [("05 12:00", "lunchtime"), ("05 16:30", "end_of_day")]


def test_a_word_at_the_very_moment_is_in_time() -> None:
    words = [said("2026-04-04T18:00"), said("2026-04-04T19:00")]
    assert (
        missed(Urgency.URGENT, words, DAY, [], since=SPAN[0].replace(tzinfo=UTC), now=local("2026-04-04T19:30")) == []
    )


@pytest.mark.parametrize(
    ("now", "step"),
    [
        ("15:29", None),
        ("15:30", Step.HOUR_BEFORE),
        ("16:14", Step.HOUR_BEFORE),
        ("16:15", Step.SOON),
        ("16:30", Step.NOW),
        ("16:35", Step.LATE),
        ("17:35", Step.LATE),
        ("17:36", None),
    ],
)
def test_r40_the_end_of_day_is_announced_at_half_past_three_and_a_quarter_past_four(
    now: str, step: Step | None
) -> None:
    due = Due(local("2026-04-04T16:30"), Slot.END_OF_DAY)
    assert reminder(due, local(f"2026-04-04T{now}")) is step


def test_an_hourly_word_is_announced_a_quarter_of_an_hour_before() -> None:
    due = Due(local("2026-04-04T20:00"), Slot.HOURLY)
    assert reminder(due, local("2026-04-04T19:30")) is None
    assert reminder(due, local("2026-04-04T19:45")) is Step.SOON


@given(MOMENTS, st.sampled_from(Urgency), st.timedeltas(timedelta(minutes=5), timedelta(days=3)))
def test_the_clock_is_the_first_due_moment_and_every_day_has_its_end(
    now: datetime, urgency: Urgency, ahead: timedelta
) -> None:
    word = Word(now, now + ahead)
    dues = due_moments(urgency, word, DAY, now + timedelta(days=4))
    assert [due.at for due in dues] == sorted({due.at for due in dues})
    assert all(due.at > now for due in dues)
    assert clock(urgency, word, DAY) == dues[0]
    ends = {due.at.astimezone(CHICAGO).date() for due in dues if f"{due.at.astimezone(CHICAGO):%H:%M}" == "16:30"}
    tomorrow = now.astimezone(CHICAGO).date() + timedelta(days=1)
    assert {tomorrow + timedelta(days=number) for number in range(3)} <= ends


@given(MOMENTS, st.lists(st.timedeltas(timedelta(minutes=1), timedelta(hours=9)), max_size=6), st.sampled_from(Urgency))
def test_what_was_missed_does_not_depend_on_how_often_one_looks(
    began: datetime, gaps: list[timedelta], urgency: Urgency
) -> None:
    words = [Word(began, began + timedelta(hours=1))]
    for gap in gaps:
        at = words[-1].said_at + gap
        words.append(Word(at, at + timedelta(hours=1)))
    end = words[-1].said_at + timedelta(hours=7)
    at_once = missed(urgency, words, DAY, [], since=began, now=end)
    seen: set[Due] = set()
    moment = began
    while moment <= end:
        so_far = [word for word in words if word.said_at <= moment]
        seen |= set(missed(urgency, so_far, DAY, [], since=began, now=moment))
        moment += timedelta(minutes=7)
    assert seen <= set(at_once)
    assert set(at_once) == seen | set(missed(urgency, words, DAY, [], since=began, now=end))


@given(MOMENTS, st.sampled_from(Urgency))
def test_no_more_than_two_in_a_row_are_ever_skipped(now: datetime, urgency: Urgency) -> None:
    word, skipped = Word(now, None), []
    for _ in range(5):
        try:
            skipped.append(check_skip(urgency, word, DAY, skipped, WHY).at)
        except RefusedError:
            break
    assert len(skipped) <= SKIPS_MOST


@given(MOMENTS, st.sampled_from(Slot))
def test_reminders_come_in_their_order(at: datetime, slot: Slot) -> None:
    due = Due(at, slot)
    moments = [step_at(due, step) for step in Step]
    assert moments == sorted(moments)
