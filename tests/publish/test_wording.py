"""Every fact has plain words, in every language, and no fact is told twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.components import AuthMode, ComponentStatus, DirectLink
from app.domain.incidents import Headings, IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.reach import Reach, WayIn
from app.domain.text import printable
from app.publish.language import LANGUAGES, Language
from app.publish.verdict import verdict
from app.publish.wording import (
    component_word,
    duration,
    full_text,
    headings,
    names_line,
    password_hint,
    promise_line,
    proved_line,
    reach_word,
    relief_line,
    reliefs_in_force,
    since_line,
    standings,
    status_word,
    told,
)
from tests.publish.snapshots import EASTER, demo_components, demo_snapshot, snapshot_with

ZONE = demo_snapshot().organisation.zone
ENGLISH = Language("en", ZONE)
LATE = datetime(2026, 4, 5, 3, 31, tzinfo=UTC)


def slugs(components) -> list[str]:
    return [component.slug for component in components]


def test_it_promises_the_next_update():
    snapshot = demo_snapshot(outage=True)
    assert promise_line(verdict(snapshot, ENGLISH), ENGLISH, EASTER) == "next update by 10:30 PM CT"


def test_it_says_itself_that_the_update_is_late():
    snapshot = replace(demo_snapshot(outage=True), as_of=LATE)
    assert promise_line(verdict(snapshot, ENGLISH), ENGLISH, LATE) == "update due 10:30 PM - late"


def test_it_tells_since_when_and_of_what_works_again_when_it_began():
    down, again = demo_snapshot(outage=True), demo_snapshot(at=datetime(2026, 4, 5, 11, 10, tzinfo=UTC))
    assert since_line(verdict(down, ENGLISH), ENGLISH, down.as_of) == "Since 9:42 PM CT"
    assert since_line(verdict(again, ENGLISH), ENGLISH, again.as_of) == "Began Sat 9:42 PM CT"


def test_it_has_nothing_to_promise_when_all_is_well():
    well = verdict(demo_snapshot(), ENGLISH)
    assert promise_line(well, ENGLISH, EASTER) == since_line(well, ENGLISH, EASTER) == ""


def test_it_sorts_the_outage_into_doors_locked_stopped_and_unaffected():
    places = standings(demo_snapshot(outage=True), ENGLISH)
    assert slugs(places.doors) == ["forms", "esign", "tax-records", "showings"]
    assert slugs(places.locked_out) == ["mls-search", "listing-input", "photos"]
    assert slugs(places.stopped) == ["sso-dashboard", "mfa-codes"]
    assert slugs(places.unaffected) == ["idx-feeds", "client-alerts", "lockboxes", "member-email", "help-desk"]
    assert names_line(places.stopped) == "Member dashboard, Sign-in codes by text or email"


@given(st.lists(st.sampled_from(list(ComponentStatus)), min_size=14, max_size=14))
def test_it_puts_every_component_in_exactly_one_place(states: list[ComponentStatus]):
    components = [replace(item, status=status) for item, status in zip(demo_components(), states, strict=True)]
    places = standings(snapshot_with(components), ENGLISH)
    placed = [item for field in places.__slots__ for item in slugs(getattr(places, field))]
    assert sorted(placed) == sorted(slugs(components))
    assert all(item.status is ComponentStatus.OPERATIONAL for item in places.unaffected)


def test_it_calls_a_failing_component_that_can_be_reached_struggling():
    places = standings(snapshot_with(demo_components(esign=ComponentStatus.PARTIAL_OUTAGE)), ENGLISH)
    assert slugs(places.struggling) == ["esign"]


@pytest.mark.parametrize(
    ("reach", "status", "expected"),
    [
        (Reach.WORKING, ComponentStatus.OPERATIONAL, "Working"),
        (Reach.WORKING, ComponentStatus.DEGRADED_PERFORMANCE, "Slow or unreliable"),
        (Reach.ANOTHER_DOOR, ComponentStatus.OPERATIONAL, "Sign in directly"),
        (Reach.LOCKED_OUT, ComponentStatus.OPERATIONAL, "No way in for now"),
        (Reach.STOPPED, ComponentStatus.MAJOR_OUTAGE, "Stopped"),
        (Reach.STOPPED, ComponentStatus.UNDER_MAINTENANCE, "Closed for planned work"),
    ],
)
def test_it_has_a_word_for_every_reach(reach: Reach, status: ComponentStatus, expected: str):
    component = replace(demo_components()[0], status=status)
    assert reach_word(component, WayIn(reach), ENGLISH) == expected


def test_it_never_calls_what_nobody_checked_working():
    assert reach_word(demo_components()[0], None, ENGLISH) == "Not being checked"


@pytest.mark.parametrize("code", LANGUAGES)
def test_it_has_words_of_their_own_for_every_state_and_password(code: str):
    language = Language(code, ZONE)
    states = [*IncidentStatus, *MaintenanceStatus]
    assert len({status_word(status, language) for status in states}) == len(states)
    assert len({component_word(status, language) for status in ComponentStatus}) == len(ComponentStatus)
    assert len({password_hint(DirectLink(auth_mode=mode), language) for mode in AuthMode}) == len(AuthMode)


def test_it_tells_when_a_link_was_last_proved():
    assert proved_line(DirectLink(verified_on=date(2026, 10, 6)), ENGLISH) == "link last proved Oct\N{NO-BREAK SPACE}6"
    assert proved_line(DirectLink(), ENGLISH) == "link not proved yet"


def test_it_calls_an_update_that_takes_back_resolved_a_reopening():
    showings = next(item for item in demo_snapshot().incidents if item.reference == "HP-2026-0210")
    words = [word for _, word in told(showings, ENGLISH)]
    assert words == [
        "Resolved",
        "Cause found",
        "Reopened",
        "Resolved",
        "Cause found",
        "Cause found",
        "Reopened",
        "Resolved",
        "Cause found",
        "Investigating",
    ]


def test_it_leaves_out_empty_headings_and_titles_the_rest():
    update = replace(demo_snapshot(outage=True).incidents[0].updates[0], headings=Headings(what_is_affected="Forms."))
    assert headings(update, ENGLISH) == [("What is affected", "Forms.")]
    assert headings(update, Language("es", ZONE)) == [("Qué está afectado", "Forms.")]


def test_r43_it_tells_the_footnote_last_and_the_text_once():
    update = replace(
        demo_snapshot(outage=True).incidents[0].updates[0],
        body="It is down.",
        headings=Headings(what_happened="It is down.", what_we_are_doing="We are on it."),
        footnote="Tiles were slow too.",
    )
    told_once = "What happened: It is down.\n\nWhat we are doing: We are on it.\n\nTiles were slow too."
    assert full_text(update, ENGLISH) == told_once


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=9, minutes=23, seconds=59), "9 hours 23 minutes"),
        (timedelta(days=7, hours=4, minutes=25), "7 days 4 hours"),
        (timedelta(days=1), "1 day"),
    ],
)
def test_it_tells_a_length_in_its_two_largest_units(length: timedelta, expected: str):
    assert duration(length, ENGLISH) == expected


def test_it_keeps_relief_in_force_after_the_incident_is_over():
    resolved = demo_snapshot(at=datetime(2026, 4, 5, 18, tzinfo=UTC))
    assert not resolved.open_incidents
    (relief,) = reliefs_in_force(resolved)
    assert relief_line(relief, ENGLISH, resolved.as_of).startswith(
        "Deadlines extended to Mon 5:00 PM CT: listing input"
    )
    assert reliefs_in_force(replace(resolved, as_of=relief.ends_at)) == []


@given(st.text())
def test_it_prints_only_what_xml_can_carry(text: str):
    kept = printable(text)
    assert all(character in "\t\n\r" or character >= " " for character in kept)
    assert not any("\ud800" <= character <= "\udfff" or character in "\ufffe\uffff" for character in kept)


def test_it_keeps_ordinary_text_as_it_is():
    ordinary = "Señas – “quoted”\n\t\U0001f6a8"
    assert printable(ordinary) == ordinary
