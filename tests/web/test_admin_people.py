"""The people of an incident and who is told, in the console (R17, R18, R19, R25, R46)."""

from datetime import timedelta

import pytest

from app.commands.call_outs import tend_call_outs
from app.commands.first_words import tend_first_words
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.meetings import begin_meetings, save_meeting
from app.commands.message_plan import lay_plans
from app.domain.accounts import Role
from app.domain.assignments import LEAD, Answer, accepted
from app.domain.meeting import Meeting
from app.domain.severity import Severity
from app.store.accounts import account_by_email
from app.store.assignments import assignments_of
from tests.commands.duty import man
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, words
from tests.doubles.nodetools import html_faults
from tests.web.consoles import TESS, Console, problems_on, text_of

CAL = "cal@mls.example"
EXPERT = "gil@mls.example"
SECRET = "https://meet.example/secret"


@pytest.fixture
def console(database) -> Console:
    console = Console(database)
    console.hire(CAL, Role.COMMANDER)
    console.hire(EXPERT, Role.SUBJECT_EXPERT)
    with database.transaction() as session:
        ids = {name: account_by_email(session, mail).id for name, mail in (("Tess", TESS), ("Ines", CAL))}
        man(session, accounts=ids)
        save_meeting(session, VAULT, Meeting("202-555-0170", SECRET, "#outage"), now=NOW)
        draft = IncidentDraft("Dashboard down", words(notify=False), severity=Severity.CRITICAL)
        console.incident = open_incident(session, draft, now=NOW).id
        tend_call_outs(session, now=NOW)
        begin_meetings(session, VAULT, now=NOW)
        tend_first_words(session, now=NOW)
        lay_plans(session, now=NOW)
    return console


def people(console) -> str:
    return f"/admin/incidents/{console.incident}/people"


def plan(console) -> str:
    return f"/admin/incidents/{console.incident}/plan"


def parts(console):
    with console.database.read() as session:
        return assignments_of(session, console.incident)


def offer_of(console, role):
    return next(each for each in parts(console) if each.role == role and each.answer is Answer.OFFERED)


def test_it_says_who_is_asked_who_was_called_and_who_is_called_next(console):
    page = console.signed_in().get(people(console))
    said = text_of(page.text)
    assert "Nobody is on it yet" in said
    assert "Communications lead: Tess asked" in said
    assert "3 parts have nobody yet" in said
    assert 'href="/admin/guides/communications-lead"' in page.text
    assert "Communications backup, Incident commander, by call and text, unless somebody is on it by then" in said
    assert html_faults({"people": page.text}) == []


def test_whoever_is_asked_accepts_with_one_tap_and_others_may_not_for_them(console):
    action = f"{people(console)}/parts/{offer_of(console, LEAD).id}/answer"
    refused = console.signed_in(EXPERT).post(action, data={"answer": "yes"})
    assert refused.status_code == 403
    assert console.signed_in().post(action, data={"answer": "yes"}).status_code == 303
    assert accepted(parts(console))[LEAD].person == "Tess"
    again = console.signed_in().post(action, data={"answer": "no"})
    assert again.status_code == 422
    assert "answered already" in text_of(again.text)


def test_whoever_commands_asks_another_person(console):
    commander = console.signed_in(CAL)
    page = commander.get(f"{people(console)}/{LEAD}/candidates")
    assert "Tess, on duty" in text_of(page.text)
    dev = next(person for person in parts(console) if person.role == LEAD).person_id
    assert commander.post(f"{people(console)}/{LEAD}/offer", data={"person": "nobody"}).status_code == 422
    assert commander.post(f"{people(console)}/{LEAD}/offer", data={"person": dev}).status_code == 303
    assert console.signed_in().post(f"{people(console)}/{LEAD}/offer", data={"person": dev}).status_code == 403


def test_r17_the_meeting_place_is_shown_to_the_invited_alone(console):
    assert SECRET in console.signed_in().get(people(console)).text
    assert SECRET not in console.signed_in(EXPERT).get(people(console)).text
    assert "Shown to people who have a part" in console.signed_in(EXPERT).get(people(console)).text


def test_on_it_stops_the_calls(console):
    assert console.signed_in(EXPERT).post(f"{people(console)}/acknowledgement").status_code == 303
    assert "Tess Marchetti is on it" in text_of(console.signed_in().get(people(console)).text)
    with console.database.transaction() as session:
        assert tend_call_outs(session, now=NOW + timedelta(minutes=10)) == 0


def test_no_to_members_needs_a_reason_and_says_until_when_it_holds(console):
    browser, action = console.signed_in(), f"{people(console)}/decisions/members"
    refused = browser.post(action, data={"answer": "no", "reason": ""})
    assert refused.status_code == 422
    assert problems_on(refused.text) == {"members_reason": "Say why members need not hear of it."}
    assert browser.post(action, data={"answer": "no", "reason": "Nobody works now."}).status_code == 303
    said = text_of(browser.get(people(console)).text)
    assert "No, 9:50 PM CT by Tess Marchetti. Nobody works now. This holds until 10:20 PM CT." in said
    console.time.pass_by(minutes=31)
    assert "the last answer has run out" in text_of(console.signed_in().get(people(console)).text)


def test_an_expert_reads_and_decides_nothing(console):
    browser = console.signed_in(EXPERT)
    assert browser.get(people(console)).status_code == 200
    assert browser.post(f"{people(console)}/decisions/members", data={"answer": "yes"}).status_code == 403


def test_r25_the_plan_names_audience_means_and_time_and_is_ticked(console):
    browser = console.signed_in()
    page = browser.get(plan(console))
    said = text_of(page.text)
    assert "Offices" in said
    assert "Mail By 10:20 PM CT" in said
    assert "Page Done 9:50 PM CT" in said, "the update did it"
    assert html_faults({"plan": page.text}) == []
    sent = {"audience": "offices", "medium": "mail", "now": "1"}
    assert browser.post(f"{plan(console)}/words", data=sent).status_code == 303
    assert "Offices Last told 9:50 PM CT. Mail Done 9:50 PM CT by Tess Marchetti" in text_of(
        browser.get(plan(console)).text
    )


def test_r46_an_audience_that_was_not_told_for_three_hours_is_red(console):
    console.time.pass_by(hours=3, minutes=5)
    page = console.signed_in().get(plan(console)).text
    assert '<span class="nobody">Not told yet, 3 h 5 min after it began.</span>' in page
    console.signed_in().post(f"{plan(console)}/words", data={"audience": "board", "medium": "call", "now": "1"})
    console.time.pass_by(hours=1, minutes=30)
    assert "Board Last told" in text_of(console.signed_in().get(plan(console)).text)
    console.time.pass_by(hours=1, minutes=40)
    assert "Board Not told for 3 h 10 min" in text_of(console.signed_in().get(plan(console)).text)


def test_a_word_that_names_nobody_is_refused_with_the_words_kept(console):
    browser = console.signed_in()
    refused = browser.post(
        f"{plan(console)}/words", data={"audience": "", "medium": "mail", "due_at": "2026-04-05T08:00"}
    )
    assert refused.status_code == 422
    assert 'value="2026-04-05T08:00"' in refused.text
    assert browser.post(f"{plan(console)}/words/unknown/tick").status_code == 404
