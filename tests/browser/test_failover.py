"""A switch in a real browser: the page moves by itself, is whole without script, and can be used by everybody."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.commands.accounts import add_account
from app.domain.accounts import Role
from app.domain.failover import Side
from app.store.session import Database
from app.web.console import build_console
from tests.commands.sign_ups import VAULT
from tests.commands.world import build
from tests.doubles.bind import bind
from tests.doubles.nodetools import axe_faults
from tests.monitor.dns.switches import BOTH, MAIL, WWW
from tests.monitor.dns.world import World, world
from tests.web.wire import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.allow_hosts(["127.0.0.1", *(f"127.0.0.{last}" for last in (10, 20, 30))]),
]

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1200, "height": 900}
PASSWORD = "gravel otter teapot"


@dataclass
class Served:
    """The console, served, over a real name server."""

    made: World
    base: str

    def sign_in(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.goto(f"{self.base}/admin/sign-in")
        page.get_by_label("Email").fill("ida@mls.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    def plan(self, page: Page, name: str) -> None:
        page.goto(f"{self.base}/admin/failover/{name}")
        page.get_by_role("button", name="Plan the switch").click()

    def point(self, page: Page, name: str) -> None:
        self.plan(page, name)
        page.get_by_label(f"Type {name} to confirm").fill(name)
        page.get_by_role("button", name="Point it here").click()


@pytest.fixture
def served(sqlite_url, tmp_path) -> Iterator[Served]:
    database = Database.open(sqlite_url)
    folder = tmp_path / "bind"
    folder.mkdir()
    with bind(folder) as running, world(database, running, tmp_path) as made:
        with database.transaction() as session:
            build(session)
            add_account(session, "ida@mls.example", "Ida", Role.COMMANDER, PASSWORD, now=made.now)
        console = build_console(
            database,
            vault=VAULT,
            secure_cookies=False,
            public_url="https://status.example",
            admin_hosts=["127.0.0.1"],
            failover=lambda: made.desk,
        )
        with serving(console) as port:
            yield Served(made, f"http://127.0.0.1:{port}")
    database.close()


@pytest.mark.slow
def test_by_hand_the_page_gives_the_steps_and_sees_by_itself_that_they_are_done(served, chromium: Browser):
    served.made.providers["rfc2136"] = served.made.providers["runbook"]
    with chromium.new_context(viewport=PHONE, has_touch=True) as context:
        page = served.sign_in(context)
        served.point(page, WWW.name)
        expect(page.get_by_text("Delete the CNAME record of www.hpmls.example: web.hosting.example.")).to_be_visible()
        expect(page.get_by_text("Not yet: 127.0.0.1")).to_have_count(2)
        updates = served.made.name_server.updates()
        change = served.made.by_hand_change(WWW)
        updates.point(WWW, change, to=Side.FAILOVER)
        expect(page.get_by_text("Yes: 127.0.0.1")).to_have_count(2, timeout=15_000)
        expect(page.get_by_text("Some members may still see the old page until")).to_be_visible()
        expect(page.get_by_text("Delete the CNAME record")).to_have_count(0)


def test_without_script_it_goes_the_whole_way(served, chromium: Browser):
    with chromium.new_context(viewport=PHONE, java_script_enabled=False) as context:
        page = served.sign_in(context)
        served.point(page, WWW.name)
        expect(page.get_by_text("Yes: 127.0.0.1")).to_have_count(2)
        page.get_by_label("Why go back all the same?").fill("A drill of the way back.")
        page.get_by_label(f"Type {WWW.name} to confirm").fill(WWW.name)
        page.get_by_role("button", name="Put the old records back").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("www.hpmls.example is back")
    assert served.made.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_read_and_used_by_everybody(served, chromium: Browser, size, scheme):
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = served.sign_in(context)
        faults = []
        for path in ("", "/new", f"/{WWW.name}"):
            page.goto(f"{served.base}/admin/failover{path}")
            faults += axe_faults(page)
        served.plan(page, MAIL.name)
        faults += axe_faults(page)
        served.point(page, BOTH.name)
        faults += axe_faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert faults == []
