"""The roster in a real browser: accessible in both themes, narrow, and a swap in two taps without script."""

from datetime import timedelta

import pytest

from app.commands.roster import PersonDraft, ShiftDraft, add_shift, save_person, save_usual_roles
from app.domain.roster import USUAL_ROLES
from tests.browser.test_console import DESK, PHONE, SMALL_TARGETS, desk, phone, scriptless, sign_in, unfold
from tests.commands.sign_ups import VAULT
from tests.doubles.nodetools import axe_faults

__all__ = ["desk", "phone", "scriptless"]

pytestmark = pytest.mark.browser

PAGES = ("", "/roster", "/roster/people")


@pytest.fixture
def staffed(desk):
    """Two people on the rota, each for a week, and nobody after that."""
    now = desk.console.time()
    keys = [role.key for role in USUAL_ROLES]
    with desk.console.database.transaction() as session:
        save_usual_roles(session, now=now)
        for number, name in enumerate(("Tess Marchetti", "Dev Ramaswamy")):
            person = save_person(session, VAULT, PersonDraft(name, "Member Communications", keys), now=now)
            span = (now + timedelta(days=7 * (number + ahead)) for ahead in (0, 1))
            add_shift(session, ShiftDraft("comms_lead", person, *span), now=now)
    return desk


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_used_by_everybody(staffed, chromium, size, scheme):
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = sign_in(context, staffed)
        faults = []
        for path in PAGES:
            page.goto(f"{staffed.base}/admin{path}")
            unfold(page)
            faults += [(path, fault) for fault in axe_faults(page)]
            page.set_viewport_size(size)
    assert faults == []


@pytest.mark.slow
def test_it_fits_a_narrow_phone_and_a_thumb(staffed, phone):
    page = sign_in(phone, staffed)
    for path in PAGES:
        page.goto(f"{staffed.base}/admin{path}")
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.evaluate(SMALL_TARGETS) == [], path


def test_it_swaps_in_two_taps_and_accepts_in_one_without_script(staffed, scriptless):
    page = sign_in(scriptless, staffed)
    page.goto(f"{staffed.base}/admin/roster")
    page.locator(".turns-ahead summary").first.click()
    page.get_by_role("button", name="Ask Dev Ramaswamy").click()
    page.get_by_role("button", name="Accept for Dev Ramaswamy").click()
    assert "Dev Ramaswamy" in page.locator(".duty").inner_text()


def test_it_fills_a_gap_in_two_taps_without_script(staffed, scriptless):
    page = sign_in(scriptless, staffed)
    page.goto(f"{staffed.base}/admin/roster")
    gaps = page.locator(".gap").count()
    page.get_by_text("Assign Incident commander for a week").click()
    page.locator(".gap details[open]").get_by_role("button", name="Tess Marchetti").click()
    assert "Tess Marchetti" in page.locator(".duty li").first.inner_text()
    assert page.locator(".gap").count() >= gaps
