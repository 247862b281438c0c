"""The roster in the console: begin, people, shifts, gaps, swaps, calendars out and in."""

from datetime import timedelta

import pytest
from icalendar import Calendar
from lxml import html

from app.store.roster import person_rows, swaps_asked, the_roster
from tests.doubles.nodetools import html_faults
from tests.web.consoles import problems_on, text_of, the_form

ROSTER = "/admin/roster"
LEAD = "comms_lead"


@pytest.fixture
def browser(console):
    signed_in = console.signed_in()
    assert signed_in.post(f"{ROSTER}/usual-roles").status_code == 303
    for name in ("Tess Marchetti", "Dev Ramaswamy"):
        sent = {"name": name, "phone": "202-555-0103", "can": [LEAD, "comms_backup"]}
        assert signed_in.post(f"{ROSTER}/people", data=sent).status_code == 303
    return signed_in


def ids(console):
    with console.database.read() as session:
        return {row.name.split()[0]: row.id for row in person_rows(session)}


def on_duty(console, **later):
    with console.database.read() as session:
        person = the_roster(session, console.time()).on_duty(LEAD, console.time() + timedelta(**later))
    return person.name if person else None


def week(console, person, *, start=0, **more):
    first = console.time() + timedelta(days=start)
    span = {"starts_at": first.isoformat(), "ends_at": (first + timedelta(days=7)).isoformat()}
    return {"role": LEAD, "person": ids(console)[person]} | span | more


def test_it_offers_the_usual_roles_to_an_empty_roster(console):
    page = console.signed_in().get(ROSTER)
    assert "Begin with the usual roles" in page.text
    assert "Nobody is on the roster yet" in page.text


def test_it_enters_a_shift_and_the_board_says_who_is_on_duty(console, browser):
    assert browser.post(f"{ROSTER}/shifts", data=week(console, "Tess")).status_code == 303
    board = text_of(browser.get("/admin").text)
    assert "Tess Marchetti Communications lead until" in board
    assert "Incident commander, Communications backup and Operations manager: nobody at all yet" in board


def test_it_fills_a_gap_with_two_taps(console, browser):
    page = browser.get(ROSTER).text
    form = html.fromstring(page).xpath(f"//form[@action='{ROSTER}/shifts'][.//input[@value='{LEAD}']]")[0]
    sent = dict(form.form_values()) | {"person": form.xpath(".//button[contains(., 'Dev')]")[0].get("value")}
    assert browser.post(f"{ROSTER}/shifts", data=sent).status_code == 303
    assert on_duty(console, hours=1) == "Dev Ramaswamy"


def test_it_swaps_once_the_other_accepts(console, browser):
    browser.post(f"{ROSTER}/shifts", data=week(console, "Tess"))
    asked = week(console, "Dev") | {"ends_at": (console.time() + timedelta(days=2)).isoformat()}
    assert browser.post(f"{ROSTER}/swaps", data=asked).status_code == 303
    assert on_duty(console, days=1) == "Tess Marchetti"
    assert "Tess Marchetti asks Dev Ramaswamy" in text_of(browser.get(ROSTER).text)
    with console.database.read() as session:
        swap_id = swaps_asked(session, console.time())[0].id
    assert browser.post(f"{ROSTER}/swaps/{swap_id}/answer", data={"answer": "yes"}).status_code == 303
    assert [on_duty(console, days=days) for days in (1, 3)] == ["Dev Ramaswamy", "Tess Marchetti"]
    assert browser.post(f"{ROSTER}/swaps/{swap_id}/answer", data={"answer": "yes"}).status_code == 404


def test_it_enters_turns_and_keeps_the_words_when_something_is_wrong(console, browser):
    people = {"people": ids(console)["Tess"], "people1": ids(console)["Dev"]}
    sent = people | {"role": LEAD, "first": "2026-04-06T08:00", "days": "7", "turns": "4"}
    refused = browser.post(f"{ROSTER}/rotations", data=sent | {"turns": "0"})
    assert refused.status_code == 422
    assert "turns" in problems_on(refused.text)
    assert 'value="2026-04-06T08:00"' in refused.text
    assert browser.post(f"{ROSTER}/rotations", data=sent).status_code == 303
    assert [on_duty(console, days=days) for days in (3, 10, 17, 24, 31)] == [
        "Tess Marchetti", "Dev Ramaswamy", "Tess Marchetti", "Dev Ramaswamy", None,
    ]  # fmt: skip


def test_a_role_with_another_name_may_do_what_it_could(console, browser):
    with console.database.read() as session:
        before = the_roster(session, console.time()).role(LEAD)
    answer = browser.post(f"{ROSTER}/roles/{LEAD}", data={"name": "Member voice", "is_covered": "on"})
    assert answer.status_code == 303
    with console.database.read() as session:
        after = the_roster(session, console.time()).role(LEAD)
    assert (after.name, after.console_role, after.speaks) == ("Member voice", before.console_role, True)
    assert "Member voice" in browser.get(ROSTER).text


def test_it_shows_addresses_only_to_those_who_keep_the_roster(console, browser):
    form = browser.get(f"{ROSTER}/people/{ids(console)['Tess']}").text
    assert the_form(form, f"{ROSTER}/people/{ids(console)['Tess']}")["phone"] == ["+12025550103"]
    assert "0103" not in browser.get(f"{ROSTER}/people").text


def test_it_refuses_a_number_that_is_none_and_keeps_what_was_typed(console, browser):
    answer = browser.post(f"{ROSTER}/people", data={"name": "Lupe Arrington", "phone": "twelve"})
    assert answer.status_code == 422
    assert "phone" in problems_on(answer.text)
    assert the_form(answer.text, f"{ROSTER}/people")["name"] == ["Lupe Arrington"]


def test_a_calendar_goes_out_and_comes_in_again(console, browser):
    browser.post(f"{ROSTER}/shifts", data=week(console, "Tess"))
    page = browser.get(f"{ROSTER}/people").text
    address = html.fromstring(page).xpath("//a[contains(., 'Calendar of Communications lead')]/@href")[0]
    file = console.browser().get(address)
    assert file.headers["content-type"].startswith("text/calendar")
    events = Calendar.from_ical(file.text).walk("VEVENT")
    assert [(str(event["summary"]), event.start) for event in events] == [("Tess Marchetti", console.time())]
    sent = {"role": "comms_backup", "file": file.text}
    assert browser.post(f"{ROSTER}/shift-files", data=sent).status_code == 303
    assert browser.post(f"{ROSTER}/shift-files", data=sent).status_code == 303
    with console.database.read() as session:
        shifts = the_roster(session, console.time()).shifts
    assert [shift.role for shift in shifts] == [LEAD, "comms_backup"]


@pytest.mark.parametrize("address", ["people/nosuchthing1", f"roles/{LEAD}", "everybody/x"])
def test_a_calendar_is_for_those_who_hold_its_address(console, browser, address):
    assert browser.get(f"{ROSTER}/calendars/{address}/AAAAAAAAAAAAAAAA.ics").status_code == 404


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "not a calendar file"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", "1 to 1,000 events"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Nobody\nEND:VEVENT\nEND:VCALENDAR", "nobody on the roster"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Tess Marchetti\nEND:VEVENT\nEND:VCALENDAR", "no start"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Tess\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR", "repeats"),
    ],
)
def test_a_file_of_no_use_is_refused_in_words(console, browser, text, words):
    answer = browser.post(f"{ROSTER}/shift-files", data={"role": LEAD, "file": text})
    assert answer.status_code == 422
    assert words in problems_on(answer.text)["file"]


def test_somebody_who_left_is_on_duty_no_more_and_their_addresses_are_erased(console, browser):
    browser.post(f"{ROSTER}/shifts", data=week(console, "Tess"))
    tess = ids(console)["Tess"]
    assert browser.post(f"{ROSTER}/people/{tess}/removal").status_code == 303
    assert on_duty(console, days=1) is None
    assert browser.get(f"{ROSTER}/people/{tess}").status_code == 404


def test_its_pages_are_valid_html_refused_or_not(console, browser):
    browser.post(f"{ROSTER}/shifts", data=week(console, "Tess"))
    browser.post(f"{ROSTER}/swaps", data=week(console, "Dev"))
    answers = {
        "board": browser.get("/admin"),
        "roster": browser.get(ROSTER),
        "people": browser.get(f"{ROSTER}/people"),
        "person": browser.get(f"{ROSTER}/people/{ids(console)['Dev']}"),
        "shift refused": browser.post(f"{ROSTER}/shifts", data={"role": LEAD}),
        "turns refused": browser.post(f"{ROSTER}/rotations", data={"role": LEAD, "days": "7", "turns": "2"}),
        "person refused": browser.post(f"{ROSTER}/people", data={"phone": "x", "email": "y"}),
    }
    assert html_faults({name: answer.text for name, answer in answers.items()}) == []
    assert [answer.status_code for answer in answers.values()] == [200] * 4 + [422] * 3


def test_r16_the_second_address_stands_on_another_domain(browser):
    sent = {"name": "Noor", "email": "noor@mls.example", "backup_email": "noor2@mls.example"}
    refused = browser.post(f"{ROSTER}/people", data=sent)
    assert refused.status_code == 422
    assert problems_on(refused.text) == {
        "backup_email": "Give an address on another domain: it must work when the first does not."
    }
    assert browser.post(f"{ROSTER}/people", data=sent | {"backup_email": "noor@mailbox.example"}).status_code == 303
