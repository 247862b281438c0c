"""The escalation matrix in the console, and what belongs to it (R15, R16, R26)."""

import pytest

from app.commands.roster import save_usual_roles
from app.domain.accounts import Role
from app.domain.severity import Severity
from app.store.escalation import matrix, outside_contacts
from app.store.first_words import first_word_rules
from app.store.meetings import meeting
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW
from tests.doubles.nodetools import html_faults
from tests.web.consoles import problems_on, text_of, the_form

ESCALATION = "/admin/escalation"
CAL = "cal@mls.example"
STEP = {"severity": "low", "after_minutes": "5", "notify": ["comms_lead", "help_desk"], "by": ["sms", "email"]}


@pytest.fixture
def browser(console):
    with console.database.transaction() as session:
        save_usual_roles(session, now=NOW)
    return console.signed_in()


def steps(console):
    with console.database.read() as session:
        return [step for step in matrix(session) if step.severity is Severity.LOW]


def test_it_begins_with_the_usual_matrix(console, browser):
    assert "Nobody is called when something fails." in text_of(browser.get(ESCALATION).text)
    assert browser.post(f"{ESCALATION}/usual-steps").status_code == 303
    page = browser.get(ESCALATION)
    assert "At once: Incident commander, Communications lead, Operations manager By call and text" in text_of(page.text)
    assert "Association executives: named in the matrix, and nobody is entered below." in text_of(page.text)
    assert html_faults({"escalation": page.text}) == []


def test_a_step_is_entered_changed_and_taken_out(console, browser):
    assert browser.post(f"{ESCALATION}/steps", data=STEP).status_code == 303
    (step,) = steps(console)
    assert (step.after_minutes, step.notify, step.only_unanswered) == (5, ("comms_lead", "help_desk"), False)
    action = f"{ESCALATION}/steps/{step.id}"
    sent = the_form(browser.get(ESCALATION).text, action) | {"after_minutes": ["7"]}
    assert browser.post(action, data=sent).status_code == 303
    assert [each.after_minutes for each in steps(console)] == [7]
    assert browser.post(f"{action}/removal").status_code == 303
    assert steps(console) == []
    assert browser.post(f"{action}/removal").status_code == 404


def test_a_step_without_anybody_or_a_way_is_refused_beside_its_fields(browser):
    refused = browser.post(f"{ESCALATION}/steps", data={"severity": "low", "after_minutes": "x"})
    assert refused.status_code == 422
    assert "after_minutes" in problems_on(refused.text)
    refused = browser.post(f"{ESCALATION}/steps", data={"severity": "low", "after_minutes": "3"})
    assert problems_on(refused.text) == {"notify": "Choose who is called.", "by": "Choose how they are called."}


def test_people_outside_are_entered_sealed_and_taken_off(console, browser):
    sent = {"kind": "help_desk", "name": "Help desk", "email": "help@ops.example"}
    assert browser.post(f"{ESCALATION}/contacts", data=sent).status_code == 303
    assert browser.post(f"{ESCALATION}/contacts", data={"kind": "help_desk", "name": ""}).status_code == 422
    with console.database.read() as session:
        (row,) = outside_contacts(session)
    assert b"help@" not in (row.email_cipher or b"")
    assert browser.post(f"{ESCALATION}/contacts/{row.id}/removal").status_code == 303


def test_whoever_commands_says_where_people_meet_and_what_may_go_out_by_itself(console, browser):
    assert browser.post(f"{ESCALATION}/first-words", data={}).status_code == 403
    console.hire(CAL, Role.COMMANDER)
    commander = console.signed_in(CAL)
    place = {"bridge": "202-555-0170", "link": "http://meet.example", "chat": ""}
    assert "link" in problems_on(commander.post(f"{ESCALATION}/meeting", data=place).text)
    place["link"] = "https://meet.example/{code}"
    assert commander.post(f"{ESCALATION}/meeting", data=place).status_code == 303
    rules = {"automatic_critical": "on", "wait_critical": "8", "confirm_critical": "20"}
    assert commander.post(f"{ESCALATION}/first-words", data=rules | {"wait_critical": "90"}).status_code == 422
    assert commander.post(f"{ESCALATION}/first-words", data=rules).status_code == 303
    with console.database.read() as session:
        assert meeting(session, VAULT).link == "https://meet.example/{code}"
        assert first_word_rules(session).keys() == {Severity.CRITICAL}
