"""Every way in, in a real browser: passkey, authenticator, printed code; and what asks again who it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.types import Receive, Scope, Send

from app.domain.accounts import Role
from app.store.invitations import open_invitations
from app.store.session import Database
from tests.browser.test_console import DESK, PHONE, RealTime, unfold
from tests.doubles.nodetools import axe_faults
from tests.web.consoles import PASSWORD, TESS, Console
from tests.web.factors import Phone, account_of, with_codes
from tests.web.wire import serving

ADA = "ada@mls.example"

pytestmark = pytest.mark.browser


@dataclass
class Clock(RealTime):
    """The real time, some way off: the console's and not the browser's."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return super().__call__() + self.ahead

    def pass_by(self, **span: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(**span)


@dataclass
class Desk:
    """A console that is served under a host name, and where."""

    console: Console
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, context: BrowserContext, path: str) -> Page:
        """A page; what the browser complains of, such as a refused script, fails the test."""
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{self.base}{path}")
        return page

    def _note(self, message) -> None:
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    consoles: list[Console] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await consoles[0].app(scope, receive, send)

    with serving(app) as port:
        base = f"http://localhost:{port}"  # passkeys are bound to a name; an address is none
        options = {"console_url": base, "public_url": base}
        consoles.append(Console(Database.open(sqlite_url), time=Clock(), options=options, host="localhost"))
        consoles[0].hire(ADA, Role.ADMINISTRATOR)
        desk = Desk(consoles[0], base)
        yield desk
    desk.console.database.close()
    assert desk.complaints == []


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
    yield context
    context.close()


def give_password(page: Page, email: str = TESS) -> None:
    """Fill in the sign-in form and send it."""
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@contextmanager
def fingerprint(page: Page) -> Iterator[None]:
    """A device with a finger on it, as Chromium plays it (WebAuthn, 11)."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    yield
    devtools.detach()


def test_it_signs_in_by_passkey_with_two_taps_and_no_password(desk, phone):
    page = desk.open(phone, "/admin/sign-in?next=/admin/me")
    give_password(page)
    with fingerprint(page):
        page.get_by_label("Name of the device").fill("My phone")
        page.get_by_role("button", name="Add a passkey").tap()
        expect(page.get_by_role("status")).to_contain_text("The passkey is added.")
        page.goto(f"{desk.base}/admin/me")
        page.get_by_role("button", name="Sign out", exact=True).tap()
        page.get_by_role("button", name="Use a passkey").tap()
        expect(page).to_have_url(f"{desk.base}/admin")
        page.goto(f"{desk.base}/admin/me")
        expect(page.get_by_role("region", name="Where you are signed in")).to_contain_text("by passkey")
        desk.console.time.pass_by(minutes=20)
        page.get_by_role("button", name="Make 10 new codes to print").tap()
        page.get_by_role("button", name="Use a passkey").tap()
        page.get_by_role("button", name="Send again").tap()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your ten printed codes")


def test_it_says_so_when_the_finger_is_the_wrong_one(desk, phone):
    page = desk.open(phone, "/admin/sign-in")
    with fingerprint(page):
        page.get_by_role("button", name="Use a passkey").tap()
        expect(page.get_by_role("alert")).to_contain_text("No passkey was used.")


def test_it_sets_an_authenticator_up_and_signs_in_with_its_code(desk, phone):
    page = desk.open(phone, "/admin/sign-in?next=/admin/me")
    give_password(page)
    page.get_by_role("button", name="Set up an authenticator").tap()
    expect(page.get_by_role("img", name="QR code of the secret below")).to_be_visible()
    assert page.locator(".code-picture svg").evaluate(SHOWS_ALL), "a code that is cut off cannot be read"
    shown = Phone(desk.console, page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("Type the six digits").fill(shown.code())
    page.get_by_role("button", name="Finish").tap()
    expect(page.get_by_role("status")).to_contain_text("The authenticator is set up.")
    page.get_by_role("button", name="Sign out", exact=True).tap()
    desk.console.time.pass_by(seconds=31)
    give_password(page)
    page.get_by_label("Code").fill(shown.code())
    page.get_by_role("button", name="Go on").tap()
    expect(page).to_have_url(f"{desk.base}/admin")


SHOWS_ALL = """svg => {
  const [whole, code] = [svg, svg.lastElementChild].map(item => item.getBoundingClientRect());
  return code.width > 150 && code.right < whole.right && code.bottom < whole.bottom;
}"""


def test_it_signs_in_with_a_printed_code_and_without_script(desk, chromium):
    codes = with_codes(desk.console)
    with chromium.new_context(viewport=PHONE, java_script_enabled=False) as context:
        page = desk.open(context, "/admin/sign-in")
        page.get_by_role("link", name="Sign in with a printed code").click()
        page.get_by_label("Printed code").fill(codes[0])
        give_password(page)
        expect(page).to_have_url(f"{desk.base}/admin")


def test_it_asks_again_before_an_invitation_and_keeps_the_words_without_script(desk, chromium):
    with chromium.new_context(viewport=PHONE, java_script_enabled=False) as context:
        page = desk.open(context, "/admin/sign-in?next=/admin/accounts/new")
        give_password(page, ADA)
        desk.console.time.pass_by(minutes=20)
        page.get_by_label("Name").fill("Dev Osei")
        page.get_by_label("Email address").fill("dev@mls.example")
        page.get_by_role("radio", name="Commander").check()
        page.get_by_role("button", name="Make the invitation").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="It is me").click()
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Invitation for Dev Osei")
        link = page.get_by_label("Link").input_value().strip()
        page.context.clear_cookies()
        page.goto(link)
        page.get_by_label("A password").fill("another quiet harbour")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")


def test_it_can_be_done_by_keyboard_alone(desk, chromium):
    with chromium.new_context(viewport=DESK) as context:
        page = desk.open(context, "/admin/sign-in?next=/admin/me")
        expect(page.get_by_label("Email address")).to_be_focused()
        page.keyboard.type(TESS)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Make 10 new codes to print").press("Enter")
        expect(page.locator(".codes li")).to_have_count(10)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_read_and_used_by_everybody(desk, chromium, size, scheme):
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = desk.open(context, "/admin/sign-in")
        faults = axe_faults(page)
        page.goto(f"{desk.base}/admin/sign-in/printed-code")
        faults += axe_faults(page)
        page.goto(f"{desk.base}/admin/sign-in")
        give_password(page, ADA)
        invite(page, desk)
        for path in pages_of(desk):
            page.goto(f"{desk.base}{path}")
            unfold(page)
            faults += axe_faults(page)
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    assert faults == []


def invite(page: Page, desk: Desk) -> None:
    """Invite somebody, so that the list has a line for it."""
    page.goto(f"{desk.base}/admin/accounts/new")
    page.get_by_label("Name").fill("Dev Osei")
    page.get_by_label("Email address").fill("dev@mls.example")
    page.get_by_role("radio", name="Commander").check()
    page.get_by_role("button", name="Make the invitation").click()


def pages_of(desk: Desk) -> list[str]:
    """Every page about accounts, of Ada's."""
    with desk.console.database.read() as session:
        (invited,) = open_invitations(session)
    tess = account_of(desk.console)
    accounts = ["", "/new", "/sign-ins", "/two-person-rule", f"/{tess.id}", f"/invitations/{invited.id}"]
    return [*(f"/admin/accounts{path}" for path in accounts), "/admin/me", "/admin/confirm"]
