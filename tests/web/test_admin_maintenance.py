"""Planned work in the console: scheduling, moving, extending and finishing it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.commands.maintenance import MaintenanceDraft, post_maintenance_update, schedule_maintenance
from app.domain.maintenance import MaintenanceStatus
from app.store.maintenance import unfinished_maintenances
from tests.commands.world import NOW
from tests.web.consoles import problems_on, text_of, the_form

WORKS = "/admin/maintenance"
WINDOW = {"scheduled_for": "2026-04-05T01:00", "scheduled_until": "2026-04-05T03:30"}


def a_new_form(browser, **fields):
    """The form as a browser holds it after filling these fields in."""
    form = the_form(browser.get(f"{WORKS}/new").text, WORKS)
    filled = {"title": "New lockbox keys", "body": "Boxes stay shut.", "components": "lockboxes", **WINDOW, **fields}
    return form | {name: [value] for name, value in filled.items()}


def the_works(console):
    """All work that is not over."""
    with console.database.read() as session:
        return unfinished_maintenances(session)


def scheduled(console):
    """The address of work from 11:00 PM to 1:30 AM."""
    draft = MaintenanceDraft(
        title="New lockbox keys",
        body="Boxes stay shut.",
        components=["lockboxes"],
        scheduled_for=NOW + timedelta(minutes=70),
        scheduled_until=NOW + timedelta(minutes=220),
    )
    with console.database.transaction() as session:
        return f"{WORKS}/{schedule_maintenance(session, draft, now=NOW).id}"


def the_next_form(browser, path, **fields):
    """The form for the next update as a browser holds it."""
    form = the_form(browser.get(path).text, f"{path}/updates")
    return form | {name: [value] for name, value in ({"body": "Going well."} | fields).items()}


def test_it_schedules_work_on_the_organisations_clock(console):
    browser = console.signed_in()
    answer = browser.post(WORKS, data=a_new_form(browser, verify_for="30"))
    assert answer.status_code == 303
    (work,) = the_works(console)
    assert work.scheduled_for == datetime(2026, 4, 5, 6, 0, tzinfo=UTC)
    assert work.scheduled_until == datetime(2026, 4, 5, 8, 30, tzinfo=UTC)
    assert work.verify_for == timedelta(minutes=30)
    assert [item.slug for item in work.components] == ["lockboxes"]
    assert work.auto_start
    assert work.auto_complete


def test_it_leaves_start_and_end_to_a_person(console):
    browser = console.signed_in()
    browser.post(WORKS, data=a_new_form(browser, by_the_clock="no", notify="no"))
    (work,) = the_works(console)
    assert not work.auto_start
    assert not work.updates[0].deliver_notifications


BAD = {
    "no title": ({"title": " "}, "title"),
    "title too long": ({"title": "x" * 201}, "title"),
    "nothing said": ({"body": ""}, "body"),
    "too long": ({"body": "x" * 25_001}, "body"),
    "unknown component": ({"components": "nothing"}, "components"),
    "no start": ({"scheduled_for": ""}, "scheduled_for"),
    "start that is no time": ({"scheduled_for": "soon"}, "scheduled_for"),
    "ends before it starts": ({"scheduled_until": "2026-04-05T00:30"}, "scheduled_until"),
    "over already": ({"scheduled_for": "2026-04-01T01:00", "scheduled_until": "2026-04-01T02:00"}, "scheduled_until"),
    "in a night that skips it": (
        {"scheduled_for": "2027-03-14T02:30", "scheduled_until": "2027-03-14T04:00"},
        "scheduled_for",
    ),
    "in a night that repeats it": (
        {"scheduled_for": "2026-11-01T00:30", "scheduled_until": "2026-11-01T01:30"},
        "scheduled_until",
    ),
    "checking is no number": ({"verify_for": "half"}, "verify_for"),
    "checking below zero": ({"verify_for": "-5"}, "verify_for"),
    "checking longer than the work": ({"verify_for": "150"}, "verify_for"),
    "checking for ever": ({"verify_for": "9" * 5_000}, "verify_for"),
}


@pytest.mark.parametrize(("fields", "beside"), BAD.values(), ids=BAD)
def test_it_refuses_with_a_sentence_beside_the_field_and_keeps_the_words(console, fields, beside):
    browser = console.signed_in()
    form = a_new_form(browser, **fields)
    answer = browser.post(WORKS, data=form)
    assert answer.status_code == 422
    assert problems_on(answer.text)[beside].endswith(".")
    again = the_form(answer.text, WORKS)
    assert again["scheduled_until"] == form["scheduled_until"]
    assert the_works(console) == []


def test_it_schedules_once_when_publish_is_pressed_twice(console):
    browser = console.signed_in()
    form = a_new_form(browser)
    assert [browser.post(WORKS, data=form).status_code for _ in range(2)] == [303, 303]
    assert len(the_works(console)) == 1


def test_it_moves_work_on_and_says_so(console):
    browser, path = console.signed_in(), scheduled(console)
    answer = browser.post(f"{path}/updates", data=the_next_form(browser, path, status="in_progress"))
    assert answer.status_code == 303
    page = text_of(browser.get(answer.headers["location"]).text)
    assert "Published." in page
    assert "Going well." in page
    assert the_works(console)[0].status is MaintenanceStatus.IN_PROGRESS


def test_it_extends_work(console):
    browser, path = console.signed_in(), scheduled(console)
    form = the_next_form(browser, path, scheduled_until="2026-04-05T05:00")
    assert browser.post(f"{path}/updates", data=form).status_code == 303
    assert the_works(console)[0].scheduled_until == datetime(2026, 4, 5, 10, 0, tzinfo=UTC)


def test_it_leaves_the_end_alone_when_nobody_touched_it(console):
    browser, path = console.signed_in(), scheduled(console)
    before = the_works(console)[0].scheduled_until
    assert browser.post(f"{path}/updates", data=the_next_form(browser, path)).status_code == 303
    assert the_works(console)[0].scheduled_until == before


def test_it_finishes_work(console):
    browser, path = console.signed_in(), scheduled(console)
    browser.post(f"{path}/updates", data=the_next_form(browser, path, status="completed", body="Done."))
    assert the_works(console) == []
    assert "New lockbox keys Finished" in text_of(browser.get(WORKS).text)


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"status": ""}, "status"),
        ({"status": "exploded"}, "status"),
        ({"body": ""}, "body"),
        ({"scheduled_until": "2026-04-04T22:00"}, "scheduled_until"),
        ({"scheduled_until": "never"}, "scheduled_until"),
    ],
)
def test_it_refuses_an_update_that_cannot_be(console, fields, beside):
    browser, path = console.signed_in(), scheduled(console)
    answer = browser.post(f"{path}/updates", data=the_next_form(browser, path, **fields))
    assert answer.status_code == 422
    assert problems_on(answer.text)[beside].endswith(".")


def test_it_refuses_to_go_back_in_time(console):
    browser, path = console.signed_in(), scheduled(console)
    browser.post(f"{path}/updates", data=the_next_form(browser, path, status="verifying"))
    form = the_next_form(browser, path) | {"status": ["scheduled"]}
    answer = browser.post(f"{path}/updates", data=form)
    assert "already verifying" in problems_on(answer.text)["status"]


def test_it_keeps_the_words_when_somebody_was_faster(console):
    browser, path = console.signed_in(), scheduled(console)
    form = the_next_form(browser, path, body="My words.")
    with console.database.transaction() as session:
        work_id = path.rpartition("/")[2]
        post_maintenance_update(session, work_id, MaintenanceStatus.IN_PROGRESS, "A colleague's words.", now=NOW)
    answer = browser.post(f"{path}/updates", data=form)
    assert answer.status_code == 409
    assert "A colleague's words." in text_of(answer.text)
    again = the_form(answer.text, f"{path}/updates") | {"status": ["in_progress"]}
    assert again["body"] == ["My words."]
    assert browser.post(f"{path}/updates", data=again).status_code == 303


def test_it_closes_components_only_while_the_work_goes_on(console):
    browser, path = console.signed_in(), scheduled(console)
    assert "Lockboxes Working" in text_of(browser.get("/admin/components").text)
    browser.post(f"{path}/updates", data=the_next_form(browser, path, status="in_progress"))
    assert "Lockboxes Stopped" in text_of(browser.get("/admin/components").text)
