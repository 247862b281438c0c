"""What speaks against a window, which days are special, and how words are read aloud."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.components import ComponentStatus
from app.domain.holidays import DayKind, OwnDay, SpecialDay, days_off, special_days
from app.domain.incidents import AffectedComponent
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.planning import objections_to
from app.domain.promises import Day
from app.domain.pronunciations import Pronunciation, pronounced

NIGHT = datetime(2026, 11, 29, 7, tzinfo=UTC)  # Sunday, 1 AM in Chicago
CHICAGO = Day("America/Chicago")
WORK = Maintenance(
    id="w",
    number=1,
    title="Keys",
    status=MaintenanceStatus.SCHEDULED,
    scheduled_for=NIGHT,
    scheduled_until=NIGHT + timedelta(hours=2),
    created_at=NIGHT,
    updated_at=NIGHT,
    version=1,
    components=(AffectedComponent("lockboxes", "Lockboxes", ComponentStatus.OPERATIONAL),),
)
THANKSGIVING = SpecialDay(date(2026, 11, 26), "Thanksgiving", DayKind.CLOSED)


def against(starts, hours=2, slugs=("lockboxes",), works=(), special=(THANKSGIVING,), besides=""):
    ends = starts + timedelta(hours=hours)
    return objections_to(starts, ends, slugs, works=works, special=special, day=CHICAGO, besides=besides)


def test_nothing_speaks_against_a_sunday_night():
    assert not against(NIGHT)


@pytest.mark.parametrize(
    ("starts", "slugs", "clashes"),
    [
        (NIGHT + timedelta(hours=1), ("lockboxes",), True),
        (NIGHT + timedelta(hours=2), ("lockboxes",), False),
        (NIGHT - timedelta(hours=2), ("lockboxes",), False),
        (NIGHT, ("forms",), False),
    ],
)
def test_it_finds_other_work_on_the_same_components(starts, slugs, clashes):
    assert bool(against(starts, slugs=slugs, works=[WORK]).works) is clashes


def test_it_does_not_hold_work_against_itself_or_against_what_is_over():
    over = replace(WORK, status=MaintenanceStatus.COMPLETED)
    assert not against(NIGHT, works=[WORK], besides="w")
    assert not against(NIGHT, works=[over])


def test_it_names_holidays_by_the_organisations_calendar():
    on_the_eve = datetime(2026, 11, 26, 4, tzinfo=UTC)  # Wednesday, 10 PM in Chicago
    assert not against(on_the_eve, hours=2).holidays
    assert against(on_the_eve, hours=3).holidays == (THANKSGIVING,)


@pytest.mark.parametrize(
    ("local", "hours", "is_busy"),
    [
        ("2026-11-30 07:00", 1, False),
        ("2026-11-30 07:00", 2, True),
        ("2026-11-30 16:30", 2, False),
        ("2026-11-28 10:00", 2, False),
        ("2026-11-26 10:00", 2, False),
        ("2026-11-28 10:00", 72, True),
    ],
)
def test_it_knows_busy_hours(local, hours, is_busy):
    starts = datetime.fromisoformat(local).replace(tzinfo=CHICAGO.zone).astimezone(UTC)
    assert against(starts, hours=hours).is_busy is is_busy


def test_the_organisations_word_holds_over_the_calendar():
    holidays = {date(2026, 11, 11): "Veterans Day", date(2026, 11, 26): "Thanksgiving Day"}
    own = [
        OwnDay(date(2026, 11, 11), "Open on Veterans Day", DayKind.OPEN),
        OwnDay(date(2026, 12, 24), "Christmas Eve", DayKind.HALF_DAY, time(12)),
    ]
    found = special_days(holidays, own)
    assert [day.name for day in found] == ["Open on Veterans Day", "Thanksgiving Day", "Christmas Eve"]
    assert days_off(found) == {date(2026, 11, 26)}


def entry(written, spoken):
    return Pronunciation(written, "en", written, spoken)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("IDX feeds, idx.", "eye dee ex feeds, eye dee ex."),
        ("IDXs", "IDXs"),
        ("The RESO Web API is down", "The REZZO Web A-P-I is down"),
        ("RESO alone", "rezo alone"),
    ],
)
def test_it_reads_whole_words_as_the_lexicon_says_the_longest_first(text, said):
    lexicon = [entry("IDX", "eye dee ex"), entry("RESO", "rezo"), entry("RESO Web API", "REZZO Web A-P-I")]
    assert pronounced(text, lexicon) == said


@given(st.text(max_size=60))
def test_an_empty_lexicon_changes_nothing(text):
    assert pronounced(text, []) == text


@given(st.text("abc .", max_size=40))
def test_entries_do_not_set_each_other_off(text):
    once = pronounced(text, [entry("a", "b"), entry("b", "a")])
    assert pronounced(once, [entry("a", "b"), entry("b", "a")]) == text
