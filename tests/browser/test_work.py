"""One incident through all five stages in a real browser, without script, on a phone; and the page for everybody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.commands.incidents import IncidentDraft, open_incident
from app.commands.recovery import save_steps
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.severity import Severity
from app.store.incidents import the_incident
from app.store.session import Database
from tests.browser.test_console import DESK, PHONE, SMALL_TARGETS, Desk, RealTime, unfold
from tests.commands.world import words
from tests.doubles.nodetools import axe_faults
from tests.web.consoles import PASSWORD, Console
from tests.web.wire import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WALT = "walt@mls.example"


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    console = Console(Database.open(sqlite_url), time=RealTime())
    console.hire(WALT, Role.COMMANDER)
    with serving(console.app) as port:
        yield Desk(console, f"http://127.0.0.1:{port}")
    console.database.close()


@pytest.fixture
def incident(desk: Desk) -> str:
    now = desk.console.time()
    with desk.console.database.transaction() as session:
        save_steps(session, "forms", "Restart the second node", "Sign a test form", now=now)
        promise = now + timedelta(minutes=40)
        down = words(components={"forms": ComponentStatus.MAJOR_OUTAGE}, next_update_at=promise)
        draft = IncidentDraft("Forms are down", down, severity=Severity.MEDIUM)
        return open_incident(session, draft, now=now).id


def sign_in(context, desk: Desk) -> Page:
    page = context.new_page()
    page.goto(f"{desk.base}/admin/sign-in")
    page.get_by_label("Email address").fill(WALT)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def go_on_without(page: Page, why: str, name: str) -> None:
    page.get_by_label("Why you go on without").fill(why)
    press(page, name)


def test_r02_a_commander_walks_one_incident_through_all_five_stages_without_script(desk, chromium, incident):
    with chromium.new_context(viewport=PHONE, java_script_enabled=False) as context:
        page = sign_in(context, desk)
        work = f"{desk.base}/admin/incidents/{incident}/work"
        page.goto(work)
        press(page, "Yes, it is real")
        page.get_by_text("Go on without", exact=True).click()
        go_on_without(page, "I command it myself", "Go on to Communication and Mobilization")
        expect(page.get_by_role("heading", name="missing in Communication and Mobilization")).to_be_visible()
        page.get_by_text("Go on without", exact=True).click()
        go_on_without(page, "We talk on the usual line", "Go on to Investigation and Containment")
        page.get_by_label("What you suspect").fill("The certificate ran out.")
        press(page, "Name it")
        page.get_by_label("What it is").select_option(label="Contained")
        page.get_by_label("What was done or seen").fill("Took the old node out.")
        press(page, "Write it down")
        press(page, "Go on to Resolution and Recovery")
        page.get_by_role("button", name="Done: Sign a test form").click()
        page.get_by_label("Permanent").check()
        press(page, "Keep it")
        page.goto(f"{desk.base}/admin/incidents/{incident}")
        page.get_by_label("Resolved").check()
        page.get_by_label("What happened").fill("Forms open again.")
        page.get_by_label("Done so far").fill("A new certificate.")
        press(page, "Publish")
        page.goto(work)
        press(page, "Go on to Post-Incident Review")
        expect(page.get_by_role("heading", name="missing in Post-Incident Review")).to_be_visible()
        page.get_by_text("Close it without", exact=True).click()
        go_on_without(page, "A rehearsal needs no report", "Close the incident")
        expect(page.get_by_role("heading", name="Closed")).to_be_visible()
    with desk.console.database.read() as session:
        assert the_incident(session, incident).closed_at is not None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_rooms_of_an_incident_can_be_used_by_everybody(desk, chromium, incident, size, scheme):
    faults = []
    with chromium.new_context(viewport=size, color_scheme=scheme, has_touch=size is PHONE) as context:
        page = sign_in(context, desk)
        here = f"{desk.base}/admin/incidents/{incident}"
        for address in (f"{here}/work", f"{here}/work/findings", f"{desk.base}/admin/known-issues"):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address
            assert size is DESK or page.evaluate(SMALL_TARGETS) == [], address
            unfold(page)
            faults += axe_faults(page)
            page.set_viewport_size(size)
    assert faults == []
