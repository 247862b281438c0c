""" "Say more and hear back": the second step after the tap, paid with work, and silent about who is known."""

from datetime import UTC, datetime

import pytest

from app.domain.channels import Channel
from app.domain.sign_ups import SignUpLimits
from app.domain.tickets import TicketState
from app.store.session import Database
from app.store.tickets import tickets_in
from app.web.reports import ReportParts, build_reports
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT
from tests.doubles.nodetools import html_faults
from tests.web.consoles import text_of
from tests.web.sign_up_site import Client, Clock, Site, hidden_field, solution

ANSWER = "/is-it-me/reports/forms"


class Trouble:
    """The reports beside the sign-up, whose challenges they take."""

    def __init__(self, database: Database, **options) -> None:
        self.clock = Clock(datetime.now(UTC))
        self.site, self.database = Site(database, self.clock), database
        parts = ReportParts(database, "http://status.example", self.clock, vault=VAULT, **options)
        self.app = build_reports(parts, secure=False)

    def browser(self, address: str = "203.0.113.7") -> Client:
        return Client(self.app, address)

    def ask(self, address: str = MAILBOX, *, work: bool = True, path: str = ANSWER, seal: str = "", **fields):
        browser = self.browser()
        posted = {"address": address, "words": "Save spins.", "name": "Ana"}
        posted["opened"] = seal or hidden_field(browser.get(path).text, "opened")
        if work:
            posted["altcha"] = solution(self.site.client)
        return browser.post(f"{path}/tickets", data=posted | fields)

    def tickets(self):
        with self.database.read() as session:
            return tickets_in(session, VAULT, list(TicketState))


@pytest.fixture
def trouble(database):
    return Trouble(database)


def test_r11_a_report_becomes_a_ticket_with_a_number_that_its_reporter_sees(trouble):
    answer = trouble.ask(NUMBER)
    assert answer.status_code == 303
    page = trouble.browser().get(answer.headers["location"]).text
    (ticket,) = trouble.tickets()
    assert f"Your report is ticket {ticket.label}" in text_of(page)
    assert (ticket.channel, ticket.address, ticket.name, ticket.words, ticket.slug) == (
        Channel.SMS,
        NUMBER,
        "Ana",
        "Save spins.",
        "forms",
    )
    assert html_faults({"/taken.html": page, "/reported.html": trouble.browser().get(ANSWER).text}) == []


def test_a_number_of_another_ticket_cannot_be_guessed(trouble):
    for guess in ("", "1", "0000000000000000001", VAULT.seal("x").decode()):
        assert trouble.browser().get(f"{ANSWER}/tickets?number={guess}").status_code == 404


def test_who_runs_no_script_waits_instead(trouble):
    seal = hidden_field(trouble.browser().get(ANSWER).text, "opened")
    at_once = trouble.ask(work=False, seal=seal)
    assert (at_once.status_code, "wait 15 seconds" in at_once.text, "Save spins." in at_once.text) == (422, True, True)
    trouble.clock.wait(seconds=16)
    assert trouble.ask(work=False, seal=seal).status_code == 303
    assert trouble.ask(work=False, seal=seal).status_code == 429


@pytest.mark.parametrize("address", ["", "nobody", "https://hooks.example/x", "+44 20 7946 0018", "12"])
def test_what_cannot_be_answered_is_refused_and_what_was_typed_is_kept(trouble, address):
    answer = trouble.ask(address)
    assert (answer.status_code, "Save spins." in answer.text) == (422, True)
    assert trouble.tickets() == []
    assert html_faults({"/refused.html": answer.text}) == []


def test_an_address_that_asks_often_gets_the_same_answer_and_is_left_to_people(database):
    trouble = Trouble(database, sign_up_limits=SignUpLimits())
    answers = [trouble.ask() for _ in range(4)]
    assert {answer.status_code for answer in answers} == {303}
    assert [ticket.is_muted for ticket in reversed(trouble.tickets())] == [False, False, False, True]


def test_it_speaks_spanish_and_remembers_that_it_did(trouble):
    answer = trouble.ask(path=f"/es{ANSWER}")
    assert "Su aviso tiene el número T-1" in text_of(trouble.browser().get(answer.headers["location"]).text)
    assert trouble.tickets()[0].language == "es"


def test_a_service_that_is_not_on_the_page_takes_no_ticket(trouble):
    seal = hidden_field(trouble.browser().get(ANSWER).text, "opened")
    assert trouble.ask(path="/is-it-me/reports/cellar", seal=seal).status_code == 404
    assert trouble.tickets() == []
