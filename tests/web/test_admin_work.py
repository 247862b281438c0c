"""The page on which an incident is worked on: gates, notes, causes, checks, findings and files, from a browser."""

from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import event

from app.commands.incidents import IncidentDraft, open_incident
from app.commands.known_issues import save_known_issue
from app.commands.recovery import save_steps
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.severity import Severity
from app.publish.freeze import Freezer
from app.store.incidents import the_incident
from tests.commands.world import NOW, words
from tests.web.consoles import TESS, problems_on, text_of, the_form

NOOR, BEA, WALT = "noor@mls.example", "bea@mls.example", "walt@mls.example"


@pytest.fixture
def incident(console):
    for email, role in ((NOOR, Role.SUBJECT_EXPERT), (BEA, Role.SUBJECT_EXPERT), (WALT, Role.COMMANDER)):
        console.hire(email, role)
    with console.database.transaction() as session:
        save_steps(session, "forms", "Restart it", "Sign a test form", now=NOW)
        save_known_issue(session, "KI-11", "E-sign page blank in a browser", "private window", ["forms"], now=NOW)
        down = words(components={"forms": ComponentStatus.MAJOR_OUTAGE})
        return open_incident(session, IncidentDraft("E-sign is blank", down, severity=Severity.HIGH), now=NOW)


def work(incident, rest=""):
    return f"/admin/incidents/{incident.id}/work{rest}"


def now_is(console, incident):
    with console.database.read() as session:
        return the_incident(session, incident.id)


def test_r02_the_page_says_first_what_is_missing_and_leads_to_it(console, incident):
    page = console.signed_in(NOOR).get(work(incident)).text
    assert text_of(page).index("2 missing in Detection and Triage") < text_of(page).index(
        "Before it is called resolved"
    )
    assert html.fromstring(page).xpath("//ul[@class='missing']//a/@href") == [f"/admin/incidents/{incident.id}/people"]
    assert html.fromstring(page).xpath("//ol[@class='stages']/li[@aria-current='step']//span/text()") == [
        "Detection and Triage"
    ]


def test_r01_only_a_commander_goes_on_without_and_says_why(console, incident):
    browser = console.signed_in(NOOR)
    assert browser.post(work(incident, "/confirmation")).status_code == 303
    asked = {"seen": "triage", "reason": "Walt is on the telephone"}
    assert "A commander decides" in text_of(browser.post(work(incident, "/stage"), data=asked).text)
    refused = console.signed_in(WALT).post(work(incident, "/stage"), data={"seen": "triage"})
    assert refused.status_code == 422
    assert problems_on(refused.text)["reason"].startswith("Missing: commander designated.")
    assert console.signed_in(WALT).post(work(incident, "/stage"), data=asked).status_code == 303
    assert now_is(console, incident).stage == "mobilization"


def test_r49_notes_and_causes_are_written_with_their_author(console, incident):
    browser = console.signed_in(NOOR)
    sent = {"kind": "containment", "words": "Took the second node out.", "at": "2026-04-04T21:45"}
    assert browser.post(work(incident, "/entries"), data=sent).status_code == 303
    assert browser.post(work(incident, "/causes"), data={"cause": "The certificate ran out."}).status_code == 303
    page = text_of(browser.get(work(incident)).text)
    assert "9:45 PM CT Contained · Tess Marchetti Took the second node out." in page
    assert "The certificate ran out. Suspected" in page


def test_it_keeps_the_words_of_an_entry_that_was_refused(console, incident):
    sent = {"kind": "vendor", "words": "They called back.", "at": "2031-01-01T10:00"}
    refused = console.signed_in(NOOR).post(work(incident, "/entries"), data=sent)
    assert refused.status_code == 422
    assert problems_on(refused.text) == {"at": "This time has not come yet."}
    assert the_form(refused.text, work(incident, "/entries")) == {name: [text] for name, text in sent.items()}


def test_r48_a_known_issue_that_looks_like_it_is_shown_with_what_helps(console, incident):
    page = text_of(console.signed_in(NOOR).get(work(incident)).text)
    assert "KI-11 E-sign page blank in a browser. What helps: private window" in page


def test_r48_known_issues_are_searched_changed_and_retired(console, incident):
    browser = console.signed_in()
    assert "KI-11" in text_of(browser.get("/admin/known-issues?search=e-sign+blank").text)
    assert "Nothing known has all of these words." in text_of(browser.get("/admin/known-issues?search=lockbox").text)
    form = the_form(browser.get("/admin/known-issues?key=KI-11").text, "/admin/known-issues")
    assert form["components"] == ["forms"]
    assert browser.post("/admin/known-issues", data=form | {"title": "E-sign is empty"}).status_code == 303
    assert "KI-11: E-sign is empty" in text_of(browser.get("/admin/known-issues").text)
    assert browser.post("/admin/known-issues/KI-11/retirement").status_code == 303
    assert "Nothing is known yet." in text_of(browser.get("/admin/known-issues").text)
    assert problems_on(browser.post("/admin/known-issues", data={"key": "x"}).text)["key"]


def test_r54_the_composer_asks_who_answers_for_checks_that_have_not_passed(console, incident):
    def resolve(email, **more):
        browser = console.signed_in(email)
        path = f"/admin/incidents/{incident.id}"
        form = the_form(browser.get(path).text, f"{path}/updates")
        sent = form | {"status": "resolved", "what_happened": "It is back.", "done": "Restarted."} | more
        return browser.post(f"{path}/updates", data=sent)

    refused = resolve(TESS)
    assert refused.status_code == 422
    assert problems_on(refused.text)["override"].startswith("Not checked yet: Contract forms: Sign a test form.")
    assert problems_on(resolve(TESS, override="It looks well").text)["override"].startswith("A commander answers")
    assert now_is(console, incident).is_open
    assert resolve(WALT, override="The supplier saw it work").status_code == 303
    assert not now_is(console, incident).is_open


def test_r54_a_tick_lets_the_communications_lead_resolve_it(console, incident):
    browser = console.signed_in()
    forms = html.fromstring(browser.get(work(incident)).text).forms
    refs = [form.fields["ref"] for form in forms if form.action == work(incident, "/ticks")]
    assert [browser.post(work(incident, "/ticks"), data={"ref": ref}).status_code for ref in refs] == [303, 303]
    path = f"/admin/incidents/{incident.id}"
    form = the_form(browser.get(path).text, f"{path}/updates")
    sent = form | {"status": "resolved", "what_happened": "It is back.", "done": "Restarted."}
    assert browser.post(f"{path}/updates", data=sent).status_code == 303


def test_r55_a_temporary_fix_is_asked_for_its_day(console, incident):
    browser = console.signed_in(NOOR)
    refused = browser.post(work(incident, "/fix"), data={"fix": "temporary", "owner": "Technology"})
    assert problems_on(refused.text) == {"due_on": "Say by which day it will be fixed for good."}
    sent = {"fix": "temporary", "owner": "Technology", "due_on": "2026-05-01"}
    assert browser.post(work(incident, "/fix"), data=sent).status_code == 303
    assert "The fix: temporary" in text_of(browser.get(work(incident)).text)


def test_r56_two_times_are_said_and_shown(console, incident):
    console.time.pass_by(hours=3)
    sent = {"relieved_at": "2026-04-04T22:20", "fixed_at": "2026-04-05T00:20"}
    browser = console.signed_in(NOOR)
    assert browser.post(work(incident, "/moments"), data=sent).status_code == 303
    page = text_of(browser.get(work(incident)).text)
    assert "after 30 min" in page
    assert "after 2 h 30 min" in page


def test_r51_no_page_shows_a_sealed_finding_to_anybody_else(console, incident):
    secret = "zebra certificate"
    path = work(incident, "/findings")
    assert console.signed_in(NOOR).post(path, data={"finding": secret, "submit": "1"}).status_code == 303
    pages = [work(incident), path, f"/admin/incidents/{incident.id}", "/admin", "/admin/incidents"]
    for reader in (BEA, WALT, TESS):
        browser = console.signed_in(reader)
        assert all(secret not in browser.get(page).text for page in pages), reader
        assert "Nothing has that in its title." in browser.get(f"/admin/incidents?search={secret}").text
    assert secret not in console.signed_in(WALT).get("/admin/audit").text
    with console.database.read() as session:
        assert secret not in repr(Freezer("https://status.mls.example").freeze(session, NOW)), (
            "whatever the public may see is made of this"
        )
    assert secret in console.signed_in(NOOR).get(path).text
    assert (
        console.signed_in(BEA).post(path, data={"finding": "the probe looked elsewhere", "submit": "1"}).status_code
        == 303
    )
    assert secret in console.signed_in(WALT).get(path).text


def test_r48_a_file_is_given_back_to_staff_alone_and_never_shown_by_the_browser(console, incident):
    browser = console.signed_in(NOOR)
    sent = {"file": ("trace.html", b"<script>alert(1)</script>", "text/html")}
    assert browser.post(work(incident, "/attachments"), files=sent).status_code == 303
    (path,) = html.fromstring(browser.get(work(incident)).text).xpath("//a[@download]/@href")
    given = browser.get(path)
    assert given.content == b"<script>alert(1)</script>"
    assert given.headers["content-type"] == "text/plain; charset=utf-8"
    assert given.headers["content-disposition"] == 'attachment; filename="trace.txt"'
    assert given.headers["x-content-type-options"] == "nosniff"
    assert console.browser().get(path).status_code in (303, 401)
    assert problems_on(browser.post(work(incident, "/attachments"), files={"file": ("a.exe", b"MZ\x00")}).text)["file"]
    assert browser.post(f"{path}/removal").status_code == 303
    assert browser.get(path).status_code == 404


def test_the_steps_of_a_component_are_kept_one_to_a_line(console, incident):
    browser = console.signed_in()
    path = "/admin/components/forms/recovery"
    form = the_form(browser.get(path).text, path)
    assert form == {"recover": ["Restart it"], "verify": ["Sign a test form"]}
    assert browser.post(path, data={"recover": "a\nb", "verify": ""}).status_code == 303
    assert the_form(browser.get(path).text, path) == {"recover": ["a\nb"], "verify": [""]}
    assert browser.post(path, data={"recover": "x" * 300, "verify": ""}).status_code == 422


def test_r58_a_commander_closes_what_is_resolved(console, incident):
    console.time.now = NOW + timedelta(hours=1)
    refused = console.signed_in(WALT).post(work(incident, "/closing"), data={"reason": "Enough"})
    assert "It is not resolved yet." in text_of(refused.text)


def test_it_asks_the_database_eight_times_at_most(console, incident):
    browser = console.signed_in(NOOR)
    browser.post(work(incident, "/causes"), data={"cause": "The certificate ran out."})
    asked = []
    event.listen(console.database.engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    assert browser.get(work(incident)).status_code == 200
    assert len([statement for statement in asked if statement.lstrip().upper().startswith(("SELECT", "WITH"))]) <= 8
