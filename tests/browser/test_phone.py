"""The section of the telephone line in a real browser: accessible, narrow, and by thumb."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus
from tests.browser.test_console import DESK, PHONE, SMALL_TARGETS, desk, phone, scriptless, sign_in
from tests.commands.world import words
from tests.doubles.nodetools import axe_faults
from tests.web.printing import publish

__all__ = ["desk", "phone", "scriptless"]

pytestmark = pytest.mark.browser


@pytest.fixture
def published(desk):
    """The console of an outage that the page tells of."""
    publish(desk.console)
    now = desk.console.time()
    said = words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE}, next_update_at=now + timedelta(minutes=40))
    with desk.console.database.transaction() as session:
        open_incident(session, IncidentDraft("Down", said), now=now)
    publish(desk.console)
    return desk


def move_on(desk):
    """The page says something new: the outage is over."""
    (incident,) = desk.incidents()
    with desk.console.database.transaction() as session:
        post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=desk.console.time())
    publish(desk.console)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_used_by_everybody(published, chromium, size, scheme):
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = sign_in(context, published)
        page.goto(f"{published.base}/admin/phone")
        assert axe_faults(page) == []
        page.set_viewport_size(size)
        page.get_by_role("button", name="I recorded this: v2 in English").click()
        expect(page.get_by_role("status")).to_contain_text("Noted.")
        assert axe_faults(page) == []


@pytest.mark.slow
def test_it_fits_a_narrow_phone_and_a_thumb(published, phone):
    page = sign_in(phone, published)
    page.goto(f"{published.base}/admin/phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(SMALL_TARGETS) == []


def test_it_notes_a_recording_without_script_and_warns_on_the_board_when_it_is_old(published, scriptless):
    page = sign_in(scriptless, published)
    page.goto(f"{published.base}/admin/phone")
    page.get_by_role("button", name="I recorded this: v2 in English").click()
    expect(page.get_by_text("It says what the page says.")).to_be_visible()
    move_on(published)
    page.goto(f"{published.base}/admin")
    page.get_by_role("link", name="The recording on the phone line is old").click()
    expect(page.get_by_text("Callers of your recording hear v2")).to_be_visible()


def test_it_takes_the_sound_along(published, chromium, tmp_path):
    with chromium.new_context(viewport=DESK, accept_downloads=True) as context:
        page = sign_in(context, published)
        page.goto(f"{published.base}/admin/phone")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Plain text").first.click()
        assert waiting.value.suggested_filename == "announcement-v2-en.txt"
        waiting.value.save_as(tmp_path / "words.txt")
    assert "Member dashboard is down." in (tmp_path / "words.txt").read_text()
