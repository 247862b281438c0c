"""Planned work that comes again: the same days as RFC 5545 counts, at the same times on the clock."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.recurrence import (
    LAST,
    Frequency,
    Recurrence,
    Window,
    check_recurrence,
    days_of,
    occurrences,
    recurrence_from,
)

CHICAGO = ZoneInfo("America/Chicago")
EVERY = st.integers(1, 12)
WEEKLY = st.builds(
    Recurrence,
    st.just(Frequency.WEEKLY),
    st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
    EVERY,
)
MONTHLY = st.builds(
    Recurrence,
    st.just(Frequency.MONTHLY),
    st.integers(0, 6).map(lambda day: (day,)),
    EVERY,
    st.sampled_from([1, 2, 3, 4, LAST]),
)
RULES = WEEKLY | MONTHLY
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@given(RULES, DAYS)
def test_it_finds_the_days_that_another_reader_of_the_rule_finds(rule, first):
    other = rrulestr(f"{rule};WKST=MO", dtstart=datetime(first.year, first.month, first.day))  # noqa: DTZ001
    assert list(islice(days_of(rule, first), 20)) == [moment.date() for moment in islice(other, 20)]


@given(RULES)
def test_it_reads_what_it_wrote(rule):
    assert recurrence_from(str(rule)) == rule


@given(RULES, DAYS, st.times(), st.times())
def test_every_window_ends_after_it_starts_and_within_a_day(rule, first, starts, ends):
    window = Window(starts.replace(microsecond=0), ends.replace(microsecond=0))
    for _, begins, over in occurrences(rule, window, CHICAGO, first=first, after=None, until=first + timedelta(60)):
        assert timedelta(0) < over - begins <= timedelta(hours=25)


def test_it_keeps_the_time_on_the_clock_when_the_clocks_change():
    rule, window = Recurrence(Frequency.WEEKLY, (6,)), Window(time(1), time(3, 30))
    first = date(2026, 10, 25)
    made = occurrences(rule, window, CHICAGO, first=first, after=None, until=date(2026, 11, 8))
    assert [(starts.astimezone(CHICAGO).time(), ends.astimezone(CHICAGO).time()) for _, starts, ends in made] == [
        (time(1), time(3, 30))
    ] * 3
    assert [(ends - starts) / timedelta(hours=1) for _, starts, ends in made] == [2.5, 3.5, 2.5]


def test_it_takes_a_time_that_the_clocks_skip_an_hour_later():
    starts, ends = Window(time(2, 30), time(4)).on(date(2027, 3, 14), CHICAGO)
    assert (starts, ends) == (datetime(2027, 3, 14, 8, 30, tzinfo=UTC), datetime(2027, 3, 14, 9, tzinfo=UTC))


def test_it_goes_past_midnight():
    starts, ends = Window(time(23), time(1)).on(date(2026, 6, 1), CHICAGO)
    assert ends - starts == timedelta(hours=2)


def test_it_gives_only_what_comes_after_what_was_made_already():
    rule, window, first = Recurrence(Frequency.WEEKLY, (1,)), Window(time(1), time(2)), date(2026, 6, 2)
    made = occurrences(rule, window, CHICAGO, first=first, after=date(2026, 6, 9), until=date(2026, 6, 23))
    assert [day for day, _, _ in made] == [date(2026, 6, 16), date(2026, 6, 23)]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Recurrence(Frequency.WEEKLY, (1,)), "every Tuesday"),
        (Recurrence(Frequency.WEEKLY, (1, 3), 2), "every 2 weeks on Tuesday and Thursday"),
        (Recurrence(Frequency.MONTHLY, (6,), 1, LAST), "on the last Sunday of every month"),
        (Recurrence(Frequency.MONTHLY, (6,), 3, 2), "on the second Sunday of every 3 months"),
    ],
)
def test_it_says_the_rule_in_words(rule, words):
    assert rule.in_words == words


@pytest.mark.parametrize(
    "rule",
    [
        Recurrence(Frequency.WEEKLY, ()),
        Recurrence(Frequency.WEEKLY, (1, 1)),
        Recurrence(Frequency.WEEKLY, (1,), 0),
        Recurrence(Frequency.WEEKLY, (1,), 13),
        Recurrence(Frequency.WEEKLY, (1,), 1, 2),
        Recurrence(Frequency.MONTHLY, (1,), 1, None),
        Recurrence(Frequency.MONTHLY, (1,), 1, 5),
        Recurrence(Frequency.MONTHLY, (1, 2), 1, 1),
    ],
)
def test_it_refuses_a_rule_that_names_no_day(rule):
    with pytest.raises(RefusedError):
        check_recurrence(rule)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ=DAILY;INTERVAL=1;BYDAY=MO",
        "FREQ=MONTHLY;INTERVAL=1;BYDAY=5MO",
        "FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO,2MO",
        "FREQ=WEEKLY;INTERVAL=1;BYDAY=XX",
        "FREQ=WEEKLY;INTERVAL=1;BYDAY=,",
        "FREQ=WEEKLY;INTERVAL=99;BYDAY=MO",
    ],
)
def test_it_refuses_what_it_does_not_know(text):
    with pytest.raises(RefusedError):
        recurrence_from(text)
