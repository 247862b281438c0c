"""Tickets in the console: taken, answered, narrowed down, joined to an incident, forgotten."""

from html import unescape

import pytest

from app.commands.incidents import IncidentDraft, open_incident
from app.commands.tickets import open_ticket
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.reports import Source
from app.domain.tickets import TicketDraft, TicketState
from app.store.reports import help_desk_counts
from app.store.tickets import the_ticket, tickets_in
from tests.commands.sign_ups import MAILBOX, VAULT
from tests.commands.world import words
from tests.doubles.nodetools import html_faults
from tests.web.consoles import NOW, Console, problems_on, text_of

HAL = "hal@mls.example"
CALL = {"component": "forms", "words": "Save spins.", "name": "Ana", "address": "(202) 555-0142", "consent": "yes"}


@pytest.fixture
def console(database):
    console = Console(database)
    console.hire(HAL, Role.HELP_DESK)
    return console


def ticket(console: Console, **fields) -> str:
    draft = TicketDraft("forms", Source.MEMBER, "Save spins.", "Ana", Channel.EMAIL, MAILBOX, **fields)
    with console.database.transaction() as session:
        return f"/admin/tickets/{open_ticket(session, VAULT, draft, now=NOW).id}"


def the(console: Console, path: str):
    with console.database.read() as session:
        return the_ticket(session, VAULT, path.rpartition("/")[2])


def test_a_call_becomes_a_ticket_is_counted_and_whoever_takes_it_is_on_it(console):
    browser = console.signed_in(HAL)
    answer = browser.post("/admin/tickets", data=CALL | {"on_it": "yes"})
    path = answer.headers["location"]
    taken = the(console, path)
    assert (taken.state, taken.address, taken.source) == (TicketState.ON_IT, "+12025550142", Source.HELP_DESK)
    with console.database.read() as session:
        assert help_desk_counts(session, NOW) == {"forms": 1}
    pages = {name: browser.get(name).text for name in ("/admin/tickets", "/admin/tickets/new", path)}
    assert "T-1 · Contract forms" in text_of(pages["/admin/tickets"])
    assert html_faults({f"/{number}.html": page for number, page in enumerate(pages.values())}) == []


@pytest.mark.parametrize(
    ("spoilt", "field"),
    [({"consent": ""}, "consent"), ({"words": ""}, "words"), ({"address": "https://x.example"}, "address")],
)
def test_a_call_that_cannot_be_taken_keeps_what_was_typed(console, spoilt, field):
    form = {name: value for name, value in (CALL | spoilt).items() if value}
    answer = console.signed_in(HAL).post("/admin/tickets", data=form)
    assert (answer.status_code, field in problems_on(answer.text), "Ana" in answer.text) == (422, True, True)
    with console.database.read() as session:
        assert tickets_in(session, VAULT, list(TicketState)) == []


def test_r10_on_it_is_one_tap_and_says_how_long_the_member_waited(console):
    path = ticket(console)
    console.time.pass_by(minutes=4)
    browser = console.signed_in(HAL)
    for _ in range(2):
        assert browser.post(f"{path}/acknowledgement").status_code == 303
    page = text_of(browser.get(path).text)
    assert "was on it after 4 min" in page
    assert page.count("Somebody is on it") == 1


def test_r13_a_screen_share_is_offered_at_three_times_in_one_click_and_doubt_is_refused(console):
    path = ticket(console, language="es")
    browser = console.signed_in(HAL)
    assert browser.post(f"{path}/screen-share").status_code == 303
    assert "¿Podemos verlo juntos en su pantalla?" in browser.get(path).text
    assert the(console, path).state is TicketState.WAITING
    doubt = {"problem": "The form is blank.", "answer": "We can’t reproduce the issue."}
    answer = browser.post(f"{path}/replies", data=doubt)
    assert (answer.status_code, "answer" in problems_on(answer.text)) == (422, True)
    assert "We can’t reproduce the issue." in answer.text


def test_r44_an_answer_says_the_problem_again_and_is_shown_before_it_is_sent(console):
    path = ticket(console, language="es")
    browser = console.signed_in(HAL)
    said = {"problem": "El formulario queda vacío", "answer": "Use el formulario en papel.", "question": "¿Uno? ¿Otro?"}
    page = browser.post(f"{path}/replies/preview", data=said).text
    for shown in ("Esto es lo que entendimos: El formulario queda vacío.", "Ask one thing at a time", said["question"]):
        assert shown in unescape(page)
    fragment = browser.post(f"{path}/replies/preview", data={}, headers={"HX-Request": "true"}).text
    assert "Here you see what they will read." in fragment
    assert "<html" not in fragment
    assert browser.post(f"{path}/replies", data={"answer": "Fixed."}).status_code == 422
    too_long = browser.post(f"{path}/replies", data=said | {"answer": "a" * 390})
    assert "the most is 400" in problems_on(too_long.text)["answer"]
    assert browser.post(f"{path}/replies", data=said).status_code == 303
    assert "Esto es lo que entendimos: El formulario queda vacío." in unescape(browser.get(path).text)


def test_r14_the_record_says_who_tried_what_and_where_it_is(console):
    path = ticket(console)
    browser = console.signed_in(HAL)
    browser.post(f"{path}/trials", data={"steps": "Pressed Save as a test agent.", "result": "happens"})
    browser.post(f"{path}/isolation", data={"is_account": "yes", "is_browser": "no", "is_office": ""})
    browser.post(f"{path}/notes", data={"note": "The supplier is asked."})
    page = text_of(browser.get(path).text)
    for said in ("Tried it: It happens here too", "It is at this browser or device.", "The supplier is asked."):
        assert said in page
    assert html_faults({"/ticket.html": browser.get(path).text}) == []
    assert browser.post(f"{path}/trials", data={"steps": "Pressed Save."}).status_code == 422


def test_r11_a_ticket_joins_an_open_incident_and_may_be_taken_out(console):
    path = ticket(console)
    with console.database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Forms down", words()), now=NOW)
    browser = console.signed_in(HAL)
    browser.post(f"{path}/incident", data={"incident_id": incident.id})
    assert the(console, path).incident_id == incident.id
    assert browser.post(f"{path}/incident", data={"incident_id": "nothing"}).status_code == 422
    browser.post(f"{path}/separation")
    assert the(console, path).incident_id is None


def test_solved_is_told_and_can_be_taken_back(console):
    path = ticket(console)
    browser = console.signed_in(HAL)
    browser.post(f"{path}/solution", data={"problem": "The form is blank.", "answer": "Sign out and in again."})
    assert the(console, path).state is TicketState.SOLVED
    assert "Your answer" in text_of(browser.get(path).text)
    browser.post(f"{path}/reopening")
    assert the(console, path).state is TicketState.ON_IT


def test_who_only_reads_sees_no_address_and_changes_nothing(console):
    path = ticket(console)
    console.hire("vera@mls.example", Role.VIEWER)
    browser = console.signed_in("vera@mls.example")
    assert MAILBOX not in browser.get(path).text
    assert browser.post(f"{path}/acknowledgement").status_code == 403


def test_a_person_is_handed_their_tickets_and_forgotten_in_all_of_them(console):
    first, second = ticket(console), ticket(console)
    console.hire("boss@mls.example", Role.ADMINISTRATOR)
    browser = console.signed_in("boss@mls.example")
    handed = browser.post(f"{first}/export")
    assert [each["ticket"] for each in handed.json()["tickets"]] == ["T-1", "T-2"]
    assert browser.post(f"{first}/erasure").status_code == 422
    assert browser.post(f"{first}/erasure", data={"sure": "yes"}).status_code == 303
    assert {the(console, path).address for path in (first, second)} == {""}
    assert "were forgotten" in browser.get(second).text


def test_a_ticket_that_is_none_is_not_found(console):
    browser = console.signed_in(HAL)
    for method, path in (("GET", ""), ("POST", "/acknowledgement"), ("POST", "/screen-share")):
        assert browser.request(method, f"/admin/tickets/nothing{path}").status_code == 404


def test_the_board_says_how_many_members_wait_until_somebody_is_on_it(console):
    first, second = ticket(console), ticket(console)
    browser = console.signed_in(HAL)
    assert "2 members wait for an answer" in text_of(browser.get("/admin").text)
    for path in (first, second):
        browser.post(f"{path}/acknowledgement")
    assert "for an answer" not in text_of(browser.get("/admin").text)
