"""The rooms after an incident: the report is written and finished, people are asked, told and say that they read it."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from app.commands.actions import open_action
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.packs import save_pack
from app.commands.report import tend_reports
from app.domain.accounts import Role
from app.domain.actions import ActionKind
from app.domain.components import ComponentStatus
from app.domain.evidence import AUDIT, MANIFEST, digest_of, prove
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.packs import Pack
from app.domain.report import Heading
from app.publish.evidence import packed, unpacked
from app.store.accounts import account_rows
from app.store.audit import is_evidence_noted
from app.store.incidents import the_incident
from app.store.report import report_row
from tests.commands.world import NOW, words
from tests.web.consoles import TESS, problems_on, text_of, the_form

BOSS = "boss@mls.example"
SOON = timedelta(hours=1)
DOWN = {"dashboard": ComponentStatus.MAJOR_OUTAGE}
DONE = UpdateDraft(IncidentStatus.RESOLVED, body="Sign-in has been normal for an hour.")


@pytest.fixture
def incident(console):
    """A critical outage of three hours that Tess spoke about, with one question of the law."""
    console.hire(BOSS, Role.ADMINISTRATOR)
    with console.database.transaction() as session:
        tess = next(row.id for row in account_rows(session) if row.email == TESS)
        found = open_incident(session, IncidentDraft("Dashboard down", words(components=DOWN)), now=NOW, author_id=tess)
        post_update(session, found.id, DONE, now=NOW + timedelta(hours=3), author_id=tess)
        save_pack(session, Pack("us", "US pack", ("trust deposits",), is_in_force=True), now=NOW)
    console.time.pass_by(hours=4)
    with console.database.transaction() as session:
        tend_reports(session, now=console.time())
    return found


def path_of(incident, room):
    return f"/admin/incidents/{incident.id}/{room}"


def write(browser, incident, heading, text, **options):
    return browser.post(f"{path_of(incident, 'report')}/sections/{heading}", data={"words": text}, **options)


def finish(browser, incident):
    for heading, text in (("cause", "A certificate ran out."), ("mitigation", "We watch its date now.")):
        assert write(browser, incident, heading, text).status_code == 303
    answers = {"question-0": "trust deposits", "answer-0": "None fell inside.", "on-0": "2026-04-05"}
    assert browser.post(path_of(incident, "questions"), data=answers).status_code == 303
    return browser.post(path_of(incident, "report") + "/completion")


def test_r60_the_report_is_written_part_by_part_and_taken_away_on_paper(console, incident):
    browser = console.signed_in()
    page = browser.get(path_of(incident, "report")).text
    shown = text_of(page)
    places = [shown.index(heading.in_words) for heading in Heading]
    assert places == sorted(places)
    assert all(said in shown for said in ("Nobody can sign in.", DONE.body, "Tess Marchetti"))
    kept = write(browser, incident, "cause", "A certificate ran out.", headers={"HX-Request": "true"})
    assert "Kept at" in kept.text
    assert "A certificate ran out." in browser.get(path_of(incident, "report")).text
    paper = PdfReader(BytesIO(browser.get(path_of(incident, "report.pdf")).content))
    printed = " ".join(" ".join(sheet.extract_text().split()) for sheet in paper.pages)
    assert "A certificate ran out." in printed
    assert "## Suspected root cause" in browser.get(path_of(incident, "report.md")).text


def test_r58_r45_a_report_that_blames_or_lacks_something_comes_back_with_its_words(console, incident):
    browser = console.signed_in()
    write(browser, incident, "cause", "Tess forgot the certificate.")
    refused = browser.post(path_of(incident, "report") + "/completion")
    assert refused.status_code == 422
    found = problems_on(refused.text)
    assert "Speak of the team" in found["cause"]
    assert set(found) == {"cause", "mitigation", "questions"}
    assert "Tess forgot the certificate." in refused.text
    assert finish(browser, incident).headers["location"].endswith("circulation?finished=1")


def test_r61_the_other_documents_are_ticked_off_one_by_one(console, incident):
    browser = console.signed_in()
    tick = path_of(incident, "report") + "/pages"
    assert browser.post(tick, data={"page": "plan", "done": "yes"}).status_code == 303
    assert browser.post(tick, data={"page": "none", "done": "yes"}).status_code == 404
    with console.database.read() as session:
        assert list(report_row(session, incident.id).pages) == ["plan"]
    assert "Looked at" in text_of(browser.get(path_of(incident, "report")).text)
    browser.post(tick, data={"page": "plan", "done": "no"})
    with console.database.read() as session:
        assert report_row(session, incident.id).pages == {}


def test_r64_who_took_part_writes_before_the_meeting_and_whoever_did_not_is_not_asked(console, incident):
    browser = console.signed_in()
    page = path_of(incident, "observations")
    form = the_form(browser.get(page).text, page)
    assert browser.post(page, data=form | {"observation": "The page loaded."}).status_code == 303
    assert "The page loaded." in browser.get(page).text
    assert "What did you see?" not in console.signed_in(BOSS).get(page).text
    early = browser.post(path_of(incident, "meeting"), data={"meeting_at": "2026-04-01T10:00"})
    assert problems_on(early.text) == {"meeting_at": "Choose a time that is still to come."}
    later = {"meeting_at": "2026-04-08T10:00", "meeting_place": "Room 2"}
    assert browser.post(path_of(incident, "meeting"), data=later).status_code == 303
    assert "Room 2" in text_of(browser.get(page).text)


def test_r62_the_list_shows_who_has_read_it_and_the_summary_is_published(console, incident):
    browser, boss = console.signed_in(), console.signed_in(BOSS)
    finish(browser, incident)
    page = path_of(incident, "circulation")
    with console.database.read() as session:
        boss_id = next(row.id for row in account_rows(session) if row.email == BOSS)
    wrong = browser.post(f"{page}/readers", data={"outside": "Quill Forms"})
    assert "holds no email address" in problems_on(wrong.text)["outside"]
    assert "Quill Forms" in wrong.text
    sent = browser.post(f"{page}/readers", data={"account": boss_id, "outside": "Quill <ops@quill.example>"})
    assert sent.status_code == 303
    assert "op…@quill.example" in browser.get(page).text
    assert boss.post(f"{page}/receipt").status_code == 303
    assert text_of(browser.get(page).text).count(" read ") >= 1
    form = the_form(browser.get(page).text, f"{page}/summary")
    assert "A certificate ran out." in form["summary"][0]
    refused = browser.post(f"{page}/summary", data=form | {"summary": "Tess forgot it.", "publish": "1"})
    assert "Speak of the team" in problems_on(refused.text)["summary"]
    assert browser.post(f"{page}/summary", data=form | {"publish": "1"}).status_code == 303
    with console.database.read() as session:
        whole = the_incident(session, incident.id)
        assert (whole.status, whole.newest.body) == (IncidentStatus.POSTMORTEM, form["summary"][0])


def test_r65_a_repeat_whose_old_action_is_undone_is_flagged_and_needs_that_it_was_seen(console, incident):
    with console.database.transaction() as session:
        action = open_action(
            session,
            incident_id=incident.id,
            kind=ActionKind.PREVENTION,
            words="Watch the certificate",
            owner="Technology",
            due_on=NOW.date(),
            now=console.time(),
        )
        again = open_incident(
            session,
            IncidentDraft("Dashboard down again", words(components=DOWN, next_update_at=console.time() + SOON)),
            now=console.time(),
        )
    browser = console.signed_in()
    page = path_of(again, "past")
    shown = browser.get(page).text
    assert "Watch the certificate" in shown
    blind = browser.post(page, data={"past": incident.id, "seen": ""})
    assert blind.status_code == 422
    assert browser.post(page, data={"past": incident.id, "seen": f"{action.id}-"}).status_code == 303
    flagged = text_of(browser.get(page).text)
    assert "1 of 1 things were not done." in flagged
    assert "This has happened before: Dashboard down." in text_of(browser.get(path_of(again, "report")).text)


def test_r59_actions_have_owners_and_days_and_a_test_added_names_its_check(console, incident):
    browser = console.signed_in()
    new = {"kind": "test_added", "words": "Try a sign-in", "owner": "", "due_on": "2026-04-04", "incident": incident.id}
    refused = browser.post("/admin/actions", data=new)
    assert set(problems_on(refused.text)) == {"owner"}
    assert browser.post("/admin/actions", data=new | {"owner": "Technology"}).status_code == 303
    page = browser.get("/admin/actions").text
    assert "1 overdue" in text_of(page)
    action_id = page.split("/admin/actions/")[1].split("/")[0]
    bare = browser.post(f"/admin/actions/{action_id}/completion", data={})
    assert "Name the check" in problems_on(bare.text)[f"proof-{action_id}"]
    assert browser.post(f"/admin/actions/{action_id}/completion", data={"proof": "probe k3"}).status_code == 303
    assert "shown by probe k3" in text_of(browser.get("/admin/actions").text)


def test_r47_the_log_of_actions_is_a_file_that_no_spreadsheet_runs(console, incident):
    with console.database.transaction() as session:
        open_action(
            session,
            incident_id=incident.id,
            kind=ActionKind.TASK,
            words="=HYPERLINK(1)",
            owner="Technology",
            due_on=NOW.date(),
            now=NOW,
        )
    log = console.signed_in(BOSS).post("/admin/actions/log")
    assert log.headers["content-type"].startswith("text/csv")
    assert ",'=HYPERLINK(1),Technology,2026-04-05," in log.text
    assert "Dashboard down" in log.text
    assert console.signed_in().post("/admin/actions/log").status_code == 403


def test_r71_the_evidence_proves_itself_and_an_altered_row_shows(console, incident):
    boss = console.signed_in(BOSS)
    archive = boss.post(path_of(incident, "evidence"))
    assert archive.headers["content-type"] == "application/zip"
    files = unpacked(archive.content)
    proof = prove(files)
    assert proof.is_whole
    assert proof.entries >= 3
    assert {"record.json", "updates.json", "timeline.json", "report.md", "report.pdf", AUDIT} < files.keys()
    with console.database.read() as session:
        assert is_evidence_noted(session, digest_of(files[MANIFEST]))
    altered = files | {"updates.json": files["updates.json"].replace(b"Nobody", b"Someone")}
    assert prove(unpacked(packed(altered))).trouble == ("updates.json was altered.",)
    row = files[AUDIT].replace(b'"status":"resolved"', b'"status":"monitoring"')
    assert any("of the audit log was altered" in said for said in prove(files | {AUDIT: row}).trouble)
    assert ZipFile(BytesIO(archive.content)).testzip() is None


def test_r71_a_row_that_was_altered_in_the_database_shows_in_the_evidence(console, incident):
    with console.database.engine.begin() as connection:
        if console.database.is_sqlite:
            connection.execute(sa.text("DROP TRIGGER audit_entry_no_update"))
        else:
            connection.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        connection.execute(sa.text("UPDATE audit_entry SET name = 'Nobody' WHERE act = 'incident.opened'"))
    files = unpacked(console.signed_in(BOSS).post(path_of(incident, "evidence")).content)
    assert [said for said in prove(files).trouble if "was altered" in said]
    assert b'"is_whole": false' in files[MANIFEST]


def test_r73_the_measures_are_drawn_and_told_in_numbers(console, incident):
    shown = text_of(console.signed_in().get("/admin/measures").text)
    assert "Promises kept 0 of 1" in shown
    assert "From knowing to the first word" in shown
    assert "Dashboard down" in shown


def test_r63_the_board_shows_a_report_from_the_day_before_and_an_action_once_it_is_overdue(console, incident):
    with console.database.transaction() as session:
        open_action(
            session,
            incident_id=incident.id,
            kind=ActionKind.TASK,
            words="Watch the certificate",
            owner="Technology",
            due_on=date(2026, 4, 6),
            now=NOW,
        )
    shown = {}
    for day in (6, 7, 9):
        console.time.now = datetime(2026, 4, day, 15, tzinfo=UTC)
        shown[day] = text_of(console.signed_in().get("/admin").text)
    assert "Report: Dashboard down" not in shown[6]
    assert "Action: Watch the certificate" not in shown[6]
    assert "Report: Dashboard down Due Apr 8, 2026" in shown[7]
    assert "Action: Watch the certificate Overdue since Apr 6, 2026" in shown[7]
    assert "Report: Dashboard down Overdue since Apr 8, 2026" in shown[9]
