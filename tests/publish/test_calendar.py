"""Planned work in members' own calendars: stable events in true time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar, Event

from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.publish.calendar import RECENT, calendar_parts
from app.publish.documents import CALENDAR
from app.publish.snapshot import PublicSnapshot
from tests.publish.snapshots import demo_components, demo_snapshot, rendered, snapshot_with

AHEAD = datetime(2025, 10, 30, 12, tzinfo=UTC)
UNDER_WAY = datetime(2025, 11, 2, 6, tzinfo=UTC)
AFTER = datetime(2025, 11, 3, 12, tzinfo=UTC)


def parsed(snapshot: PublicSnapshot) -> Calendar:
    (source,) = rendered(calendar_parts, snapshot)
    return Calendar.from_ical(source.body)


def events(snapshot: PublicSnapshot) -> list[Event]:
    return list(parsed(snapshot).walk("VEVENT"))


def with_work(**fields: object) -> PublicSnapshot:
    work = replace(demo_snapshot(at=AHEAD).maintenances[0], **fields)
    return snapshot_with(demo_components(), maintenances=[work], as_of=AHEAD)


def the_work(at: datetime) -> Maintenance:
    return demo_snapshot(at=at).maintenances[0]


def test_it_stands_at_one_address_as_a_calendar():
    (part,) = calendar_parts(demo_snapshot())
    assert (part.path, part.media_type) == ("/calendar.ics", CALENDAR)


def test_it_is_published_and_refreshed_hourly():
    calendar = parsed(demo_snapshot(at=AHEAD))
    assert (calendar["method"], calendar["version"]) == ("PUBLISH", "2.0")
    assert calendar["x-wr-calname"] == "Harbor & Pines MLS planned work"
    assert calendar["refresh-interval"].dt == timedelta(hours=1)


def test_it_tells_the_window_in_universal_time_across_a_clock_change():
    (event,) = events(demo_snapshot(at=AHEAD))
    assert event["dtstart"].dt == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)
    assert event["dtend"].dt == datetime(2025, 11, 2, 9, 0, tzinfo=UTC)
    (source,) = rendered(calendar_parts, demo_snapshot(at=AHEAD))
    assert b"DTSTART:20251102T053000Z" in source.body


def test_it_keeps_the_event_and_counts_its_changes():
    before, after = (events(demo_snapshot(at=moment))[0] for moment in (AHEAD, AFTER))
    assert before["uid"] == after["uid"] == f"maintenance-{the_work(AHEAD).id}@hpmls-status.example"
    assert before["sequence"] < after["sequence"]
    assert before["dtstamp"].dt < after["dtstamp"].dt == after["last-modified"].dt


def test_it_tells_the_true_end_of_work_that_ran_long():
    (event,) = events(demo_snapshot(at=AFTER))
    assert event["dtend"].dt == datetime(2025, 11, 2, 10, 10, tzinfo=UTC)


def test_it_says_what_is_closed_and_the_newest_words():
    (event,) = events(demo_snapshot(at=UNDER_WAY))
    assert event["summary"] == "Planned work: Overnight listing-system upgrade ran long"
    assert event["description"].startswith("Closed: MLS search and listing details, Add or edit a listing.")
    assert "Work has started." in event["description"]
    assert event["url"] == f"https://hpmls-status.example/incidents/{the_work(UNDER_WAY).id}"


def test_it_does_not_make_members_busy():
    assert events(demo_snapshot(at=AHEAD))[0]["transp"] == "TRANSPARENT"


@pytest.mark.parametrize(("age", "shown"), [(RECENT, 1), (RECENT + timedelta(days=1), 0)])
def test_it_forgets_work_that_is_long_over(age: timedelta, shown: int):
    over = the_work(AFTER)
    assert len(events(snapshot_with((), maintenances=[over], as_of=over.completed_at + age))) == shown


def test_it_remembers_work_that_never_ends():
    stuck = replace(the_work(UNDER_WAY), auto_complete=False)
    assert len(events(snapshot_with((), maintenances=[stuck], as_of=UNDER_WAY + timedelta(days=400)))) == 1


def test_it_never_ends_an_event_before_it_starts():
    (event,) = events(with_work(status=MaintenanceStatus.COMPLETED, completed_at=AHEAD))
    assert event["dtend"].dt > event["dtstart"].dt


def test_it_holds_a_component_even_when_no_work_is_planned():
    calendar = parsed(snapshot_with(demo_components()))
    assert [component.name for component in calendar.subcomponents] == ["VTIMEZONE"]


@pytest.mark.parametrize("title", ["a,b;c\\d\ne", "BEGIN:VEVENT\r\nUID:x", "\x00\x07 \ud800", "ñ" * 100])
def test_it_survives_any_title(title: str):
    (event,) = events(with_work(title=title))
    assert event["summary"].startswith("Planned work: ")
    (source,) = rendered(calendar_parts, with_work(title=title))
    assert max(len(line) for line in source.body.split(b"\r\n")) <= 75


def test_it_makes_the_same_bytes_whenever_it_is_made():
    earlier = demo_snapshot(at=AHEAD)
    later = replace(earlier, as_of=AHEAD + timedelta(hours=3))
    assert rendered(calendar_parts, earlier) == rendered(calendar_parts, later)
    assert calendar_parts(earlier)[0].inputs == calendar_parts(later)[0].inputs
