"""Readiness in a real browser: looked at by a button, and usable by everybody."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from app.commands.accounts import add_account
from app.domain.accounts import Role
from app.domain.examination import Check, Finding
from app.store.session import Database
from app.web.console import build_console
from tests.commands.sign_ups import VAULT
from tests.commands.world import build
from tests.doubles.nodetools import axe_faults
from tests.web.wire import serving

pytestmark = pytest.mark.browser

PASSWORD = "gravel otter teapot"
FOUND = [
    Check("disk", Finding.OK, "80,000 MB are free."),
    Check("worker", Finding.WARN, "No worker has given a sign of life.", "Start one: porchlight worker"),
    Check(
        "certificate dashboard.a-rather-long-name-of-an-mls.example",
        Finding.FAIL,
        "2001:db8:1234:5678:9abc:def0:1234:5678 has a certificate with 1 days left.",
        "Renew it now: certbot renew",
    ),
]


@pytest.fixture
def base(sqlite_url) -> Iterator[str]:
    """The address of a console whose installation is not well."""
    database = Database.open(sqlite_url)
    with database.transaction() as session:
        build(session)
        add_account(session, "ida@mls.example", "Ida", Role.ADMINISTRATOR, PASSWORD, now=datetime.now(UTC))
    app = build_console(
        database,
        vault=VAULT,
        secure_cookies=False,
        public_url="https://status.mls.example",
        admin_hosts={"127.0.0.1"},
        examine=lambda: FOUND,
    )
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"
    database.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_it_can_be_read_and_used_by_everybody(base, chromium: Browser, scheme, width):
    with chromium.new_context(viewport={"width": width, "height": 740}, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{base}/admin/sign-in")
        page.get_by_label("Email").fill("ida@mls.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{base}/admin/readiness")
        page.get_by_role("button", name="Look now").click()
        expect(page.get_by_role("status")).to_contain_text("1 thing would fail.")
        page.get_by_text("1 thing is all right").click()
        assert axe_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.goto(f"{base}/admin")
        page.get_by_role("link", name="1 thing would fail tonight").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What would fail tonight")
