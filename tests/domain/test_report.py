"""The report's rules: when it is due, when somebody is reminded, what it lacks, and whom it does not name."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain.localtime import from_clock
from app.domain.report import (
    Event,
    Heading,
    Reminder,
    Report,
    Section,
    in_team_words,
    report_due,
    report_problems,
    report_reminder,
    without_names,
)

CHICAGO = ZoneInfo("America/Chicago")
THANKSGIVING = frozenset({date(2026, 11, 26), date(2026, 11, 27)})
GOOD_FRIDAY = frozenset({date(2027, 3, 26)})
TEAMS = {"Noor Hadley": "Technology & Vendors", "Tess Marchetti": "Member Communications"}


def whole(**words: str) -> Report:
    sections = tuple(Section(heading, ("Known.",), words=words.get(heading, "")) for heading in Heading)
    return Report("Dashboard down", "HP-1", sections)


@pytest.mark.parametrize(
    ("resolved", "closed", "due"),
    [
        ("2026-02-14T01:10", frozenset(), date(2026, 2, 18)),  # a Saturday
        ("2027-03-25T15:00", GOOD_FRIDAY, date(2027, 3, 31)),  # the day before a holiday
        ("2026-11-25T23:59", THANKSGIVING, date(2026, 12, 2)),  # a minute before two days off
        ("2026-11-23T23:59", frozenset(), date(2026, 11, 26)),
        ("2026-11-24T00:00", frozenset(), date(2026, 11, 27)),
        ("2026-03-07T23:59", frozenset(), date(2026, 3, 11)),  # the clocks go forward that night
        ("2025-11-01T23:59", frozenset(), date(2025, 11, 5)),  # and back
    ],
)
def test_r63_it_is_due_three_business_days_after_the_day_of_the_place(
    resolved: str, closed: frozenset[date], due: date
) -> None:
    assert report_due(from_clock(resolved, CHICAGO), CHICAGO, closed) == due


def test_r63_an_hour_that_comes_twice_and_one_that_the_clocks_skip_belong_to_their_day() -> None:
    assert report_due(datetime(2025, 11, 2, 7, 30, tzinfo=UTC), CHICAGO, ()) == date(2025, 11, 5)
    assert report_due(datetime(2026, 3, 8, 8, 30, tzinfo=UTC), CHICAGO, ()) == date(2026, 3, 11)


def test_it_is_reminded_of_the_business_day_before_on_the_day_and_on_each_business_day_after() -> None:
    due = date(2026, 11, 30)  # the Monday after Thanksgiving
    told = {day: report_reminder(due, date(2026, 11, day), THANKSGIVING) for day in range(24, 31)}
    assert told == {
        24: None,
        25: Reminder.DAY_BEFORE,
        26: None,
        27: None,
        28: None,
        29: None,
        30: Reminder.TODAY,
    }
    assert report_reminder(due, date(2026, 12, 1), THANKSGIVING) is Reminder.OVERDUE
    assert report_reminder(due, date(2026, 12, 5), THANKSGIVING) is None


def test_r60_the_eight_headings_stand_in_their_order() -> None:
    assert [heading.in_words for heading in Heading] == [
        "Date of incident",
        "Reporter",
        "Severity (critical, high, medium, low)",
        "Timeline of response (times, actions, people)",
        "Exposure / impacts",
        "Suspected root cause",
        "Resolution of issue",
        "Mitigation steps / prevention in future",
    ]


def test_r58_a_report_without_cause_resolution_or_prevention_is_not_finished() -> None:
    sections = tuple(section for section in whole().sections if section.heading not in (Heading.CAUSE,))
    bare = Report("Down", "1", (*sections, Section(Heading.CAUSE)))
    assert set(report_problems(bare, ())) == {"cause"}
    assert report_problems(whole(), ()) == {}


def test_r64_r45_a_person_beside_a_fault_is_not_accepted_and_their_team_is() -> None:
    blamed = report_problems(whole(cause="Noor forgot to copy the certificate."), TEAMS)
    assert "Speak of the team" in blamed["cause"]
    assert report_problems(whole(cause="The certificate was never copied to the standby."), TEAMS) == {}


def test_r71_a_question_of_the_law_without_an_answer_keeps_it_from_being_finished() -> None:
    assert report_problems(whole(), (), ["trust deposits"]) == {"questions": "Not answered yet: trust deposits."}


def test_r62_people_outside_read_of_teams_and_never_of_persons() -> None:
    named = Section(
        Heading.TIMELINE,
        ("Tess Marchetti wrote first.",),
        (Event(datetime(2026, 4, 5, tzinfo=UTC), "Noor Hadley restarted it", "Noor Hadley"),),
        "Thanks to Noor Hadley.",
    )
    unnamed = without_names(Report("Down", "1", (named,)), TEAMS).section(Heading.TIMELINE)
    assert unnamed.facts == ("Member Communications wrote first.",)
    assert (unnamed.events[0].action, unnamed.events[0].who) == (
        "Technology & Vendors restarted it",
        "Technology & Vendors",
    )
    assert unnamed.words == "Thanks to Technology & Vendors."
    assert in_team_words("Ada Lovelace", {"Ada Lovelace": ""}) == "our staff"
