"""The rooms of preparing in a real browser: read on a phone and a desk, by everybody, without script."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from app.commands.accounts import add_account
from app.domain.accounts import Role
from app.importers.demo import load_demo
from app.store.session import Database
from app.web.console import build_console
from tests.commands.sign_ups import VAULT
from tests.doubles.nodetools import axe_faults
from tests.web.wire import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "gravel otter teapot"
ROOMS = ("vendors", "vendors/v-quill", "redundancy", "plan", "plan/sections/4", "drills", "guides", "guides/commander")


@pytest.fixture
def base(sqlite_url) -> Iterator[str]:
    """The address of the demo organisation's console."""
    database, now = Database.open(sqlite_url), datetime.now(UTC)
    load_demo(database, VAULT, now=now)
    with database.transaction() as session:
        add_account(session, "ida@mls.example", "Ida", Role.ADMINISTRATOR, PASSWORD, now=now)
    app = build_console(
        database,
        vault=VAULT,
        secure_cookies=False,
        public_url="https://status.mls.example",
        admin_hosts={"127.0.0.1"},
    )
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"
    database.close()


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/sign-in")
    page.get_by_label("Email").fill("ida@mls.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1200, "dark")])
def test_they_can_be_read_by_everybody(base, chromium: Browser, width, scheme):
    with chromium.new_context(viewport={"width": width, "height": 740}, color_scheme=scheme) as context:
        page = context.new_page()
        sign_in(page, base)
        for room in ROOMS:
            page.goto(f"{base}/admin/{room}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), room
            assert axe_faults(page) == [], room


def test_r70_a_drill_is_played_without_script_from_the_calendar_to_its_score(base, chromium: Browser):
    with chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, base)
        page.goto(f"{base}/admin/drills")
        page.get_by_role("button", name="Start now").first.click()
        expect(page.get_by_text("This is a drill.")).to_be_visible()
        page.goto(f"{base}/admin/drills")
        page.get_by_label("4. First message in ten minutes").check()
        page.get_by_role("button", name="End the drill and score it").click()
        expect(page.get_by_text("The drill is over. What was tried is dated today.")).to_be_visible()
        expect(page.get_by_text("of 100")).to_be_visible()


def test_r68_the_plan_can_be_read_with_the_network_off(base, chromium: Browser, tmp_path):
    with chromium.new_context() as context:
        page = context.new_page()
        sign_in(page, base)
        page.goto(f"{base}/admin/plan")
        with page.expect_download() as download:
            page.get_by_role("link", name="Keep it offline").click()
        kept = tmp_path / "plan.html"
        download.value.save_as(kept)
        context.set_offline(True)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(kept.as_uri())
        expect(page.get_by_role("heading", name="7. Switching DNS and switching back")).to_be_visible()
        assert asked == [kept.as_uri()]
