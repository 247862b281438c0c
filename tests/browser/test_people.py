"""The people of an incident in a real browser: accessible in both themes, narrow, and one tap without script."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.commands.call_outs import tend_call_outs
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.meetings import begin_meetings, save_meeting
from app.commands.message_plan import lay_plans
from app.domain.components import ComponentStatus
from app.domain.meeting import Meeting
from app.domain.severity import Severity
from app.store.accounts import account_by_email
from tests.browser.test_console import DESK, PHONE, SMALL_TARGETS, desk, phone, scriptless, sign_in, unfold
from tests.commands.duty import man
from tests.commands.sign_ups import VAULT
from tests.commands.world import words
from tests.doubles.nodetools import axe_faults
from tests.web.consoles import TESS

__all__ = ["desk", "phone", "scriptless"]

pytestmark = pytest.mark.browser


@pytest.fixture
def called(desk):
    """An outage of four hours ago that people were called about; Tess, who is signed in, is asked to lead the words."""
    now = desk.console.time()
    began_at = now - timedelta(hours=4)
    with desk.console.database.transaction() as session:
        man(session, at=began_at, accounts={"Tess": account_by_email(session, TESS).id})
        save_meeting(session, VAULT, Meeting("202-555-0170", "https://meet.example/{code}", "#outage"), now=now)
        down = {"dashboard": ComponentStatus.MAJOR_OUTAGE}
        first = words(notify=False, components=down, next_update_at=now + timedelta(hours=1))
        draft = IncidentDraft("Member dashboard is down", first, severity=Severity.CRITICAL)
        desk.incident = open_incident(session, draft, now=began_at).id
        tend_call_outs(session, now=began_at)
        begin_meetings(session, VAULT, now=now)
        lay_plans(session, now=began_at)
    return desk


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_everybody_can_use_it(called, chromium, size, scheme):
    rooms = f"/incidents/{called.incident}"
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = sign_in(context, called)
        faults = []
        for path in (f"{rooms}/people", f"{rooms}/plan", "/escalation"):
            page.goto(f"{called.base}/admin{path}")
            unfold(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
            faults += axe_faults(page) + (page.evaluate(SMALL_TARGETS) if size is PHONE else [])
            page.set_viewport_size(size)
    assert faults == []


@pytest.mark.slow
def test_a_part_is_taken_with_one_tap_and_without_script(called, scriptless):
    page = sign_in(scriptless, called)
    page.goto(f"{called.base}/admin/incidents/{called.incident}")
    page.get_by_role("link", name="People").click()
    page.get_by_role("button", name="Accept Communications lead for Tess").click()
    expect(page.get_by_text("Communications lead: Tess")).to_be_visible()
    expect(page.get_by_text("Tess is on it")).to_have_count(0)
