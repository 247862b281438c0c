"""Planning work in the console: a look first, work that comes again, moving, cancelling, and the month."""

from datetime import UTC, date, datetime

import pytest

from app.commands.holidays import save_own_day
from app.commands.maintenance import MaintenanceDraft, post_maintenance_update, schedule_maintenance
from app.commands.organisation_settings import save_holiday_calendar
from app.domain.holidays import DayKind, OwnDay
from app.domain.maintenance import MaintenanceStatus
from app.store.maintenance import the_maintenance, unfinished_maintenances
from app.store.maintenance_series import running_series
from tests.commands.world import NOW
from tests.web.consoles import problems_on, text_of, the_form

WORKS = "/admin/maintenance"
GIVEN = {
    "title": "New lockbox keys",
    "body": "Boxes stay shut.",
    "components": "lockboxes",
    "scheduled_for": "2026-04-12T01:00",
    "scheduled_until": "2026-04-12T03:30",
}


def sent(browser, **fields):
    """The form for new work, filled in and sent."""
    form = the_form(browser.get(f"{WORKS}/new").text, WORKS)
    return browser.post(WORKS, data=form | {name: [value] for name, value in (GIVEN | fields).items()})


def works(console):
    """All work that is not over."""
    with console.database.read() as session:
        return unfinished_maintenances(session)


def planned(console, **fields):
    """Work a week ahead; its address."""
    given = {
        "title": "Key change",
        "body": "Shut.",
        "components": ["lockboxes"],
        "scheduled_for": datetime(2026, 4, 12, 6, tzinfo=UTC),
        "scheduled_until": datetime(2026, 4, 12, 8, tzinfo=UTC),
    }
    with console.database.transaction() as session:
        return f"{WORKS}/{schedule_maintenance(session, MaintenanceDraft(**(given | fields)), now=NOW).id}"


def reread(console, path):
    """The work at that address."""
    with console.database.read() as session:
        return the_maintenance(session, path.rpartition("/")[2])


def test_it_shows_what_would_come_of_it_before_anything_is_published(console):
    planned(console)
    answer = sent(console.signed_in(), check="1")
    page = text_of(answer.text)
    assert answer.status_code == 200
    assert "“ Key change ” works on the same components" in page
    assert "TMLS: Lockboxes closes for planned work Apr 12, 1:00 AM-3:30 AM CT." in page
    assert "1 message" in page
    assert the_form(answer.text, WORKS)["title"] == ["New lockbox keys"]
    assert len(works(console)) == 1


def test_it_names_holidays_and_busy_hours(console):
    with console.database.transaction() as session:
        save_holiday_calendar(session, "US", "", now=NOW)
        save_own_day(session, OwnDay(date(2026, 4, 12), "Founders' day", DayKind.CLOSED), now=NOW)
    browser = console.signed_in()
    assert "is Founders' day: the help desk is closed" in text_of(sent(browser, check="1").text)
    busy = {"scheduled_for": "2026-04-14T10:00", "scheduled_until": "2026-04-14T11:00", "check": "1"}
    assert "Members are at work during these hours" in text_of(sent(browser, **busy).text)


def test_it_starts_a_series_on_the_days_that_were_ticked(console):
    browser = console.signed_in()
    answer = sent(browser, repeats="WEEKLY", weekdays="TU", every="2", announce_days="30")
    assert answer.headers["location"] == f"{WORKS}?started"
    with console.database.read() as session:
        (series,) = running_series(session)
    assert series.rule.in_words == "every 2 weeks on Tuesday"
    page = text_of(browser.get(answer.headers["location"]).text)
    assert "Every 2 weeks on Tuesday, 1:00 AM to 3:30 AM; announced 30 days ahead" in page
    assert [work.scheduled_for for work in works(console)] == [datetime(2026, 4, 21, 6, tzinfo=UTC)]
    assert browser.post(f"{WORKS}/series/{series.id}/ending").status_code == 303
    assert "Comes again" not in text_of(browser.get(WORKS).text)


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"repeats": "DAILY"}, "repeats"),
        ({"repeats": "WEEKLY", "every": "x"}, "every"),
        ({"repeats": "WEEKLY", "announce_days": "99"}, "announce_days"),
        ({"repeats": "WEEKLY", "last_on": "never"}, "last_on"),
        ({"repeats": "MONTHLY", "nth": "7"}, "nth"),
        ({"repeats": "WEEKLY", "scheduled_until": "2026-04-14T01:00"}, "scheduled_until"),
    ],
)
def test_it_refuses_a_series_that_cannot_be(console, fields, beside):
    answer = sent(console.signed_in(), **fields)
    assert answer.status_code == 422
    assert beside in problems_on(answer.text)
    assert works(console) == []


def test_it_moves_work_that_has_not_begun(console):
    browser, path = console.signed_in(), planned(console)
    form = the_form(browser.get(path).text, f"{path}/updates")
    moved = {"body": ["It moves."], "scheduled_for": ["2026-04-13T01:00"], "scheduled_until": ["2026-04-13T03:00"]}
    assert browser.post(f"{path}/updates", data=form | moved).status_code == 303
    assert reread(console, path).scheduled_for == datetime(2026, 4, 13, 6, tzinfo=UTC)


def test_it_cancels_work_and_says_so(console):
    browser, path = console.signed_in(), planned(console)
    form = the_form(browser.get(path).text, f"{path}/cancellation")
    refused = browser.post(f"{path}/cancellation", data=form)
    assert "Say something" in problems_on(refused.text)["reason"]
    answer = browser.post(f"{path}/cancellation", data=form | {"reason": ["Not needed."]})
    assert answer.status_code == 303
    page = text_of(browser.get(path).text)
    assert "Cancelled" in page
    assert "Would have closed Lockboxes." in page
    assert reread(console, path).is_cancelled


def test_it_does_not_cancel_over_a_colleague(console):
    browser, path = console.signed_in(), planned(console)
    form = the_form(browser.get(path).text, f"{path}/cancellation")
    with console.database.transaction() as session:
        work_id = path.rpartition("/")[2]
        post_maintenance_update(session, work_id, MaintenanceStatus.SCHEDULED, "A colleague's words.", now=NOW)
    answer = browser.post(f"{path}/cancellation", data=form | {"reason": ["Not needed."]})
    assert answer.status_code == 409
    assert "A colleague's words." in text_of(answer.text)
    assert the_form(answer.text, f"{path}/cancellation")["reason"] == ["Not needed."]


def test_it_shows_the_month_with_works_series_and_days_off(console):
    planned(console)
    planned(console, title="Night shift", scheduled_for=datetime(2026, 4, 16, 3, tzinfo=UTC),
            scheduled_until=datetime(2026, 4, 16, 7, tzinfo=UTC))  # fmt: skip
    browser = console.signed_in()
    sent(browser, repeats="WEEKLY", weekdays="SU", scheduled_for="2026-04-19T01:00", scheduled_until="2026-04-19T02:00")
    with console.database.transaction() as session:
        save_own_day(session, OwnDay(date(2026, 4, 3), "Good Friday", DayKind.CLOSED), now=NOW)
    page = text_of(browser.get(f"{WORKS}/calendar?month=2026-04").text)
    for part in (
        "Fri, Apr 3 Good Friday",
        "Sun, Apr 12 1:00 AM Key change",
        "Wed, Apr 15 10:00 PM Night shift",
        "Thu, Apr 16 10:00 PM Night shift",
        "Sun, Apr 26 1:00 AM New lockbox keys to be announced",
    ):
        assert part in page, part


@pytest.mark.parametrize("month", ["2026-13", "never", "0000-01", "9999-12", "1-1"])
def test_it_shows_some_month_whatever_is_asked(console, month):
    assert console.signed_in().get(f"{WORKS}/calendar?month={month}").status_code == 200


def test_it_says_when_nothing_is_planned(console):
    assert "Nothing is planned in June." in text_of(console.signed_in().get(f"{WORKS}/calendar?month=2027-06").text)
