"""The graph, planning and settings in a real browser: accessible, narrow, without script, and by keyboard."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.commands.holidays import save_own_day
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.commands.pronunciations import save_pronunciation
from app.domain.components import Weight
from app.domain.holidays import DayKind, OwnDay
from app.store.components import live_components
from app.store.maintenance_series import running_series
from tests.browser.test_console import DESK, PHONE, SMALL_TARGETS, desk, phone, scriptless, sign_in, unfold
from tests.doubles.nodetools import axe_faults

__all__ = ["desk", "phone", "scriptless"]

pytestmark = pytest.mark.browser

PAGES = (
    "/more",
    "/components",
    "/components/graph",
    "/components/what-if?fails=dashboard",
    "/components/new",
    "/components/forms/shape",
    "/components/arrangement",
    "/maintenance",
    "/maintenance/new",
    "/maintenance/calendar",
    "/organisation",
    "/holidays",
    "/packs",
    "/lexicon?heard=IDX",
    "/templates",
    "/templates/resolved/en",
)


@pytest.fixture
def full(desk):
    """The console with something on each of its pages."""
    now = desk.console.time()
    draft = MaintenanceDraft("Keys", "Soon.", ["lockboxes"], now + timedelta(hours=1), now + timedelta(hours=3))
    with desk.console.database.transaction() as session:
        schedule_maintenance(session, draft, now=now)
        save_own_day(session, OwnDay(now.date(), "Founders' day", DayKind.CLOSED), now=now)
        save_pronunciation(session, "en", "IDX", "eye dee ex", now=now)
    return desk


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_used_by_everybody(full, chromium, size, scheme):
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = sign_in(context, full)
        faults = []
        for path in PAGES:
            page.goto(f"{full.base}/admin{path}")
            unfold(page)
            faults += [(path, fault) for fault in axe_faults(page)]
            page.set_viewport_size(size)
    assert faults == []


@pytest.mark.slow
def test_it_fits_a_narrow_phone_and_a_thumb(full, phone):
    page = sign_in(phone, full)
    for path in PAGES:
        page.goto(f"{full.base}/admin{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.evaluate(SMALL_TARGETS) == [], path


def test_it_plans_recurring_work_without_script(full, scriptless):
    page = sign_in(scriptless, full)
    page.goto(f"{full.base}/admin/maintenance/new")
    page.get_by_label("Title").fill("Backups")
    start = full.console.time() + timedelta(days=3)
    page.get_by_label("Starts").fill(f"{start:%Y-%m-%d}T01:00")
    page.get_by_label("Ends").fill(f"{start:%Y-%m-%d}T02:30")
    page.get_by_label("Lockboxes").check()
    page.get_by_label("What to say").fill("Boxes stay shut.")
    page.get_by_role("radio", name="Every month").check()
    page.get_by_role("checkbox", name="Sun").check()
    page.get_by_label("Which one of the month").select_option("-1")
    page.get_by_role("button", name="Check first").click()
    expect(page.get_by_role("heading", name="What would come of it")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("The series has begun.")
    with full.console.database.read() as session:
        (series,) = running_series(session)
    assert series.rule.in_words == "on the last Sunday of every month"


def test_it_orders_components_without_script_and_by_keyboard(full, scriptless):
    page = sign_in(scriptless, full)
    page.goto(f"{full.base}/admin/components/arrangement")
    page.get_by_role("button", name="Lockboxes: one up").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Order and headings")
    with full.console.database.read() as session:
        assert [item.slug for item in live_components(session)][2:] == ["lockboxes", "forms"]


def test_the_drawn_graph_is_walked_by_keyboard(full, chromium):
    with chromium.new_context(viewport=DESK) as context:
        page = sign_in(context, full)
        page.goto(f"{full.base}/admin/components/graph")
        page.get_by_role("region", name="Components and what hangs on what").focus()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Member dashboard: Working")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Member dashboard (single sign-on)")


def test_the_rest_of_the_sections_is_one_tap_away_on_a_phone(full, phone):
    page = sign_in(phone, full)
    bar = page.get_by_role("navigation", name="Sections")
    assert bar.get_by_role("link").filter(visible=True).count() == 6
    bar.get_by_role("link", name="More").tap()
    page.get_by_role("main").get_by_role("link", name="Organisation").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Organisation")


def test_what_a_component_hangs_on_is_changed_on_a_phone(full, phone):
    page = sign_in(phone, full)
    page.goto(f"{full.base}/admin/components/lockboxes/shape")
    page.get_by_label("Sign-in codes").select_option("requires")
    page.get_by_label("Very much").tap()
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lockboxes")
    with full.console.database.read() as session:
        (lockboxes,) = [item for item in live_components(session) if item.slug == "lockboxes"]
    assert (lockboxes.requires, lockboxes.weight) == (("codes",), Weight.HEAVY)
