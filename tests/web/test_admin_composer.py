"""What the composer does while one writes: fills in, previews, keeps, asks first, and counts the skips."""

from datetime import timedelta

import pytest

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.store.incidents import open_incidents
from app.store.rates import set_sender
from app.store.session import Database
from tests.commands.world import NOW, words
from tests.deliver.world import subscribe
from tests.web.consoles import Console, problems_on, text_of, the_form

NEW = "/admin/incidents"


def a_form(browser, **fields):
    """A new incident's form with the dashboard ticked."""
    form = the_form(browser.get(f"{NEW}/new").text, NEW)
    ticked = {"components": ["dashboard"], "state.dashboard": ["major_outage"]}
    return form | ticked | {name: [value] for name, value in fields.items()}


def test_it_fills_in_the_words_of_the_event_and_of_a_shut_front_door(console):
    browser = console.signed_in()
    answer = browser.post(f"{NEW}/words", data=a_form(browser))
    assert "go straight to them" in answer.text
    assert "We see it too." in answer.text
    assert answer.headers["hx-trigger-after-swap"] == "filled"


def test_it_never_writes_over_what_was_typed(console):
    browser = console.signed_in()
    answer = browser.post(f"{NEW}/words", data=a_form(browser, what_happened="My own words.", event="isolated"))
    assert "My own words." in answer.text
    assert "We look for what you have in common." in answer.text


def test_it_previews_every_channel_with_numbers_finish_and_cost(console):
    with console.database.transaction() as session:
        subscribe(session, 7412, Channel.SMS)
        set_sender(session, Channel.SMS, 20)
    browser = console.signed_in()
    said = text_of(browser.post(f"{NEW}/preview", data=a_form(browser, what_happened="Nobody can sign in.")).text)
    assert "7,412 by text at 20/s: done by 9:56 PM CT" in said
    assert "1 segment" in said
    assert "seconds aloud" in said
    assert "The service manager gets it by mail as well." in said


def test_it_says_when_a_sender_takes_hours(console):
    with console.database.transaction() as session:
        subscribe(session, 7412, Channel.SMS)
        set_sender(session, Channel.SMS, 0.2)
    browser = console.signed_in()
    assert "This takes 10 h 17 min." in text_of(browser.post(f"{NEW}/preview", data=a_form(browser)).text)


@pytest.mark.parametrize(("members", "is_warned"), [(2000, False), (2001, True)])
def test_it_says_when_carriers_take_no_more_in_a_day(sqlite_url, members, is_warned):
    console = Console(Database.open(sqlite_url), options={"sms_per_day": 2000})
    with console.database.transaction() as session:
        subscribe(session, members, Channel.SMS)
        set_sender(session, Channel.SMS, 20)
    browser = console.signed_in()
    said = text_of(browser.post(f"{NEW}/preview", data=a_form(browser)).text)
    assert ("take only 2,000 texts a day from this number" in said) is is_warned
    console.database.close()


def test_it_names_the_count_on_the_button(console):
    with console.database.transaction() as session:
        subscribe(session, 12, Channel.SMS)
    browser = console.signed_in()
    answer = browser.post(f"{NEW}/preview", data=a_form(browser), headers={"HX-Request": "true"})
    assert "Text 12 members" in answer.text


def test_it_keeps_words_for_the_person_who_wrote_them_alone(console):
    console.hire("dev@mls.example", Role.COMMUNICATIONS_LEAD)
    browser, other = console.signed_in(), console.signed_in("dev@mls.example")
    browser.post(f"{NEW}/draft", data=a_form(browser, footnote="Half a thought"))
    console.time.pass_by(minutes=9)
    page = browser.get(f"{NEW}/new").text
    assert "Half a thought" in page
    assert "Kept from 9:50 PM CT" in text_of(page)
    assert "Half a thought" not in other.get(f"{NEW}/new").text


def test_it_forgets_the_draft_once_it_is_published_or_thrown_away(console):
    browser = console.signed_in()
    form = a_form(browser, what_happened="Nobody.", done="Seen.", next_step="Looking.", footnote="Kept")
    browser.post(f"{NEW}/draft", data=form)
    assert browser.post(NEW, data=form).status_code == 303
    assert "Kept from" not in browser.get(f"{NEW}/new").text
    browser.post(f"{NEW}/draft", data=a_form(browser, footnote="Again"))
    browser.post(f"{NEW}/draft", data={"discard": "1"})
    assert "Again" not in browser.get(f"{NEW}/new").text


def test_a_kept_draft_on_an_older_version_is_shown_beside_what_was_said_since(console):
    browser = console.signed_in()
    with console.database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down", words()), now=NOW)
    path = f"{NEW}/{incident.id}"
    form = the_form(browser.get(path).text, f"{path}/updates") | {"what_happened": ["Mine."]}
    form |= {"done": ["Seen."], "next_step": ["Looking."]}
    browser.post(f"{NEW}/draft", data=form)
    other = the_form(browser.get(path).text, f"{path}/updates") | {"what_happened": ["Theirs."]}
    console.hire("dev@mls.example", Role.COMMUNICATIONS_LEAD)
    assert (
        console.signed_in("dev@mls.example").post(f"{path}/updates", data=other | {"key": ["another-key"]}).status_code
        == 303
    )
    kept = the_form(browser.get(path).text, f"{path}/updates")
    assert browser.post(f"{path}/updates", data=kept).status_code == 409


def test_a_surprise_waits_and_the_service_manager_lets_it_out(console):
    console.hire("ines@mls.example", Role.SERVICE_MANAGER)
    browser, ines = console.signed_in(), console.signed_in("ines@mls.example")
    form = a_form(
        browser, event="security_reset", kind="security", what_happened="New passwords.", done="A.", next_step="B."
    )
    path = browser.post(NEW, data=form).headers["location"]
    assert path.startswith("/admin/approvals/")
    assert "Waits for a second person." in text_of(ines.get("/admin").text)
    assert browser.post(f"{path}/decision", data={"decision": "approved"}).status_code == 422
    assert ines.post(f"{path}/decision", data={"decision": "approved"}).status_code == 303
    with console.database.read() as session:
        assert len(open_incidents(session)) == 1


def test_what_was_said_meanwhile_stands_beside_what_waits(console):
    console.hire("ines@mls.example", Role.SERVICE_MANAGER)
    browser, ines = console.signed_in(), console.signed_in("ines@mls.example")
    with console.database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down", words()), now=NOW)
    path = f"{NEW}/{incident.id}"
    form = the_form(browser.get(path).text, f"{path}/updates")
    said = {"what_happened": "Mine.", "done": "Seen.", "next_step": "More.", "may_surprise": "1"}
    waits_at = browser.post(f"{path}/updates", data=form | said).headers["location"]
    looked_at = the_form(ines.get(waits_at).text, f"{waits_at}/decision")
    with console.database.transaction() as session:
        post_update(session, incident.id, words(body="Theirs."), now=NOW)
    stale = ines.post(f"{waits_at}/decision", data=looked_at | {"decision": "approved"})
    assert stale.status_code == 409
    assert "Said since it was written" in text_of(stale.text)
    assert "Theirs." in text_of(stale.text)
    assert "Mine." in text_of(stale.text)
    seen = the_form(stale.text, f"{waits_at}/decision") | {"decision": "approved"}
    assert ines.post(f"{waits_at}/decision", data=seen).status_code == 303


def test_a_correction_never_waits(console):
    browser = console.signed_in()
    with console.database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down", words(), kind="security"), now=NOW)
    path = f"{NEW}/{incident.id}"
    form = the_form(browser.get(path).text, f"{path}/updates") | {
        "event": ["correction"],
        "what_happened": ["Disregard."],
    }
    form |= {"done": ["Seen."], "next_step": ["Looking."]}
    assert browser.post(f"{path}/updates", data=form).headers["location"].startswith(path)


@pytest.mark.parametrize("reason", ["", "no"])
def test_a_skip_without_a_reason_comes_back_with_a_sentence(console, reason):
    browser = console.signed_in()
    with console.database.transaction() as session:
        draft = words(next_update_at=NOW + timedelta(hours=9), components={"dashboard": ComponentStatus.MAJOR_OUTAGE})
        incident = open_incident(session, IncidentDraft("Down", draft), now=NOW)
    answer = browser.post(f"{NEW}/{incident.id}/skips", data={"reason": reason})
    assert answer.status_code == 422
    assert problems_on(answer.text) == {"reason": "Say in a few words why members hear nothing this time."}


def test_severity_and_urgency_are_changed_with_a_reason(console):
    browser = console.signed_in()
    with console.database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down", words(), severity="critical"), now=NOW)
    path, action = f"{NEW}/{incident.id}", f"{NEW}/{incident.id}/weight"
    form = the_form(browser.get(path).text, action) | {"weight_urgency": "medium"}
    refused = browser.post(action, data=form | {"weight_reason": ""})
    assert (refused.status_code, list(problems_on(refused.text))) == (422, ["weight_reason"])
    assert browser.post(action, data=form | {"weight_reason": "A workaround holds."}).status_code == 303
    assert browser.post(action, data=form | {"weight_reason": "A workaround holds."}).status_code == 409
    with console.database.read() as session:
        assert open_incidents(session)[0].urgency == "medium"
    assert "Critical severity, one word a day" in text_of(browser.get(path).text)


def test_a_blank_form_previews_nothing_and_says_what_to_do(console):
    browser = console.signed_in()
    form = the_form(browser.get("/admin/incidents/new").text, "/admin/incidents")
    assert "Tick what is failing" in text_of(browser.post("/admin/incidents/preview", data=form).text)
    ticked = browser.post("/admin/incidents/preview", data=form | {"components": ["dashboard"]})
    assert "Who is told" in text_of(ticked.text)
    assert "Tick what is failing" not in text_of(ticked.text)
