"""Vendors, backup and redundancy, the disaster plan, drills and role guides in the console."""

import io
import re

import pytest
from pypdf import PdfReader

from app.commands.plan import save_section
from app.domain.accounts import Role
from app.domain.plan import LivePart, PlanSection
from app.store.drills import all_drills
from app.store.plan import plan_editions
from app.store.vendors import all_vendors
from app.web.admin.prepare.guides import Guide
from tests.commands.world import NOW
from tests.web.consoles import Console, problems_on, text_of

WALT = "walt@mls.example"

QUILL = {
    "name": "Quill Forms",
    "escalation": "+1 202-555-0164",
    "status_page": "https://status.quill.example",
    "owner": "Command",
    "supplies": ["forms"],
    "ends_on": "2026-07-31",
    "notice_days": "90",
    "next_review_on": "2026-06-01",
    "exit_help_days": "30",
    "fallback": "Blank forms on paper",
}


def commander(console: Console):
    console.hire(WALT, Role.COMMANDER)
    return console.signed_in(WALT)


def plan_of(console: Console, *live: LivePart) -> None:
    with console.database.transaction() as session:
        for number, each in enumerate(live, 1):
            save_section(session, PlanSection(number, f"Section {number}", "Command", live=each), now=NOW)


def test_r67_a_vendor_is_entered_and_what_its_contract_asks_for_stands_on_its_page_and_the_board(console):
    browser = console.signed_in()
    made = browser.post("/admin/vendors", data=QUILL)
    assert made.status_code == 303
    page = text_of(browser.get(made.headers["location"]).text)
    assert "Notice by May 2, 2026, 90 days before it ends on Jul 31, 2026" in page
    assert "Its review falls after the last day for notice" in page
    assert "Quill Forms: notice by May 2, 2026" in text_of(browser.get("/admin").text)
    with console.database.read() as session:
        key = all_vendors(session)[0].key
    assert browser.post(f"/admin/vendors/{key}/review", data={"next_on": "2026-04-20"}).status_code == 303
    page = text_of(browser.get(f"/admin/vendors/{key}").text)
    assert "Give notice by May 2, 2026, or it goes on" in page


def test_a_vendor_that_cannot_be_keeps_what_was_typed(console):
    browser = console.signed_in()
    answer = browser.post("/admin/vendors", data=QUILL | {"name": "", "ends_on": "", "notice_days": "many"})
    assert answer.status_code == 422
    assert set(problems_on(answer.text)) == {"ends_on", "notice_days"}
    assert 'value="Blank forms on paper"' in answer.text
    with console.database.read() as session:
        assert all_vendors(session) == []


def test_r57_a_component_is_red_until_both_its_copy_and_its_stand_in_were_tried(console):
    browser = console.signed_in()
    assert "never tested" in browser.get("/admin/redundancy").text
    for safeguard in ("copy", "stand_in"):
        form = {"component": "forms", "safeguard": safeguard, "tested_on": "2026-04-01", "words": "40 forms read"}
        assert browser.post("/admin/redundancy/tests", data=form).status_code == 303
    row = text_of(browser.get("/admin/redundancy").text).partition("Contract forms")[2].partition("Lockboxes")[0]
    assert "Copy: restore test Apr 1, 2026 (40 forms read) Stand-in: switch test Apr 1, 2026" in row
    assert "never" not in row
    console.time.pass_by(days=190)
    late = console.signed_in()
    assert "restore test Apr 1, 2026, too long ago" in text_of(late.get("/admin/redundancy").text)
    refused = late.post("/admin/redundancy/tests", data={"component": "forms", "safeguard": "copy"})
    assert problems_on(refused.text) == {"tested_on": "Choose the day of the test."}


def test_r66_the_plan_is_signed_and_366_days_later_a_banner_says_that_its_review_is_overdue(console):
    plan_of(console, LivePart.PEOPLE)
    browser = commander(console)
    assert "Nobody has signed this plan yet." in text_of(browser.get("/admin/plan").text)
    assert browser.post("/admin/plan/signature").status_code == 303
    assert "overdue" not in browser.get("/admin/plan").text
    with console.database.read() as session:
        (edition,) = plan_editions(session)
    assert edition.signed_by == "Tess Marchetti"
    console.time.pass_by(days=366)
    late = console.signed_in(WALT)
    assert "The yearly review is 1 day overdue." in text_of(late.get("/admin/plan").text)
    assert "The disaster plan waits for its yearly review" in text_of(late.get("/admin").text)


def test_r66_sections_have_owners_and_dates_and_copies_have_places(console):
    plan_of(console, LivePart.DOORS)
    browser = commander(console)
    form = {"title": "Direct sign-ins", "owner": "Technology", "words": "Try each.\nTell members.", "live": "doors"}
    assert browser.post("/admin/plan/sections/1", data=form).status_code == 303
    assert browser.post("/admin/plan/sections/1/test").status_code == 303
    assert browser.post("/admin/plan/copies", data={"place": "Front desk"}).status_code == 303
    page = text_of(browser.get("/admin/plan").text)
    assert "1. Direct sign-ins Technology · tested Apr 4, 2026" in page
    assert "Front desk of which version, nobody said" in page
    refused = browser.post("/admin/plan/sections/1", data=form | {"owner": ""})
    assert problems_on(refused.text) == {"owner": "Say which team or person owns this section."}
    assert "Tell members." in refused.text


def test_r68_the_whole_plan_is_one_file_that_asks_for_no_other_and_a_pdf_with_the_same_words(console):
    plan_of(console, *LivePart)
    browser = commander(console)
    page = browser.get("/admin/plan/paper.html")
    assert "attachment" in page.headers["content-disposition"]
    assert not re.findall(r"<(?:link|script|img|iframe|object|source)\b|@import|url\(", page.text)
    words = text_of(page.text)
    pdf = PdfReader(io.BytesIO(browser.get("/admin/plan/paper.pdf").content))
    printed = " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages).split())
    for said in ("https://forms.example", "Widespread outage", "Printed Saturday, April 4, 2026", "NOT TESTED", WALT):
        assert said in words
        assert said in printed
    for live in LivePart:
        assert f"Section {list(LivePart).index(live) + 1}" in words


def test_r70_a_drill_goes_from_the_calendar_through_its_incident_to_its_dates(console):
    plan_of(console, LivePart.DOORS)
    browser = console.signed_in()
    form = {"scenario": "The dashboard is down", "component": "dashboard", "planned_on": "2026-04-04"}
    assert browser.post("/admin/drills", data=form).status_code == 303
    with console.database.read() as session:
        (drill,) = all_drills(session)
    begun = browser.post(f"/admin/drills/{drill.id}/beginning")
    incident = text_of(browser.get(begun.headers["location"]).text)
    assert "DRILL: The dashboard is down This is a drill." in incident
    assert browser.post("/admin/drills/result", data={"slugs": "lockboxes"}).status_code == 422
    ended = browser.post("/admin/drills/result", data={"section": "1", "slugs": "forms"})
    assert ended.headers["location"] == "/admin/drills?saved=ended"
    page = text_of(browser.get("/admin/drills").text)
    assert "The dashboard is down: 0 of 100" in page
    assert "first word never came" in page
    assert "tested Apr 4, 2026" in text_of(browser.get("/admin/plan").text)


@pytest.mark.parametrize("guide", list(Guide))
def test_r72_every_part_has_a_guide_of_one_page(console, guide):
    browser = console.signed_in()
    assert guide.in_words in text_of(browser.get("/admin/guides").text)
    words = text_of(browser.get(f"/admin/guides/{guide}").text).partition("In the first ten minutes")[2]
    assert "While it lasts" in words
    assert "Never" in words
    assert 120 < len(words.split()) < 330


def test_whoever_only_reads_changes_nothing(console):
    console.hire("vera@mls.example", Role.VIEWER)
    browser = console.signed_in("vera@mls.example")
    for path in ("/admin/vendors", "/admin/redundancy", "/admin/plan", "/admin/drills", "/admin/guides"):
        assert browser.get(path).status_code == 200
    for path in ("/admin/vendors", "/admin/redundancy/tests", "/admin/plan/signature", "/admin/drills"):
        assert browser.post(path, data={}).status_code == 403
