"""The console in a real browser: on a phone, by keyboard, with and without script, by day and by night."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.commands.incidents import IncidentDraft, open_incident
from app.domain.components import ComponentStatus
from app.store.incidents import open_incidents
from app.store.session import Database
from tests.commands.world import words
from tests.doubles.nodetools import axe_faults
from tests.web.consoles import PASSWORD, TESS, Console, Time
from tests.web.wire import serving

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1200, "height": 900}

pytestmark = pytest.mark.browser


@dataclass
class Desk:
    """A console that is served, and where."""

    console: Console
    base: str
    complaints: list[str] = field(default_factory=list)

    def incidents(self):
        """Every open incident."""
        with self.console.database.read() as session:
            return open_incidents(session)


class RealTime(Time):
    """Our clock and the browser's are the same."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    console = Console(Database.open(sqlite_url), time=RealTime())
    with serving(console.app) as port:
        desk = Desk(console, f"http://127.0.0.1:{port}")
        yield desk
    console.database.close()
    assert [said for said in desk.complaints if "status of 422" not in said and "htmx:" not in said] == []


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture
def scriptless(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    yield context
    context.close()


def sign_in(context: BrowserContext, desk: Desk) -> Page:
    """A page that shows the board; what the browser complains of, such as a refused script, fails the test."""
    page = context.new_page()
    page.on("console", lambda message: desk.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.goto(f"{desk.base}/admin/sign-in")
    page.get_by_label("Email address").fill(TESS)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def steps(page: Page) -> None:
    """Say what was done and what comes next."""
    page.get_by_label("Done so far").fill("Looking.")
    page.get_by_label("What comes next").fill("Looking on.")


def open_one(desk: Desk, minutes: float = 40) -> str:
    """An open incident that promises its next update in so many minutes; its address."""
    now = desk.console.time()
    states = {"dashboard": ComponentStatus.MAJOR_OUTAGE}
    draft = IncidentDraft("Dashboard down", words(components=states, next_update_at=now + timedelta(minutes=minutes)))
    with desk.console.database.transaction() as session:
        return f"{desk.base}/admin/incidents/{open_incident(session, draft, now=now).id}"


def test_it_opens_and_continues_an_incident_without_script(desk, scriptless):
    page = sign_in(scriptless, desk)
    page.get_by_role("link", name="Report a problem").click()
    page.get_by_label("Contract forms", exact=True).check()
    page.get_by_label("How Contract forms is").select_option("degraded_performance")
    page.get_by_label("What happened").fill("Forms are slow.")
    steps(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("Contract forms may be slow or fail.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contract forms is slow or unreliable")
    page.get_by_role("radio", name="Monitoring").check()
    page.get_by_label("What happened").fill("A fix is in.")
    steps(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("A fix is in.")).to_be_visible()
    assert [update.status for update in desk.incidents()[0].updates] == ["investigating", "monitoring"]


def test_it_can_be_done_by_keyboard_alone(desk, chromium):
    with chromium.new_context(viewport=DESK) as context:
        page = sign_in(context, desk)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.goto(f"{desk.base}/admin/incidents/new")
        page.get_by_label("Member dashboard", exact=True).press("Space")
        page.get_by_role("radio", name="Investigating").press("ArrowRight")
        expect(page.get_by_role("radio", name="Identified")).to_be_checked()
        page.get_by_label("What happened").press_sequentially("By keyboard.")
        expect(page.get_by_label("Done so far")).to_have_value("We see it too.")
        page.locator(".bar .main").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Published.")
    assert desk.incidents()[0].status == "identified"


def test_it_leads_to_what_was_not_accepted(desk, phone):
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_text("Member dashboard", exact=True).tap()
    expect(page.get_by_label("Done so far")).to_have_value("We see it too.")
    page.get_by_label("What happened").fill("Nobody can sign in.")
    page.get_by_label("Done so far").fill("")
    page.locator(".bar .main").tap()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Members need to know what has been done.").tap()
    expect(page.get_by_label("Done so far")).to_be_focused()
    expect(page.get_by_label("What happened")).to_have_value("Nobody can sign in.")


def test_it_publishes_once_when_a_thumb_hits_twice(desk, phone):
    page = sign_in(phone, desk)
    page.goto(open_one(desk))
    page.get_by_label("What happened").fill("More.")
    steps(page)
    page.locator(".bar .main").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Published.")
    assert len(desk.incidents()[0].updates) == 2


def test_it_turns_the_clock_from_green_to_amber_to_red_without_a_reload(desk, phone):
    open_one(desk, minutes=20)
    page = phone.new_page()
    page.clock.install()
    page.goto(f"{desk.base}/admin/sign-in")
    page.get_by_label("Email address").fill(TESS)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    clock = page.locator(".clock")
    expect(clock).to_have_class("clock ahead")
    page.route("**/admin", lambda route: route.abort())
    page.clock.fast_forward("06:00")
    expect(clock).to_have_class("clock soon")
    expect(clock).to_contain_text(re.compile(r"1[34] min"))
    page.clock.fast_forward("16:00")
    expect(clock).to_have_class("clock late")
    expect(clock).to_contain_text(re.compile(r"\d min late"))
    expect(clock).to_contain_text("The update was due")


def test_it_brings_the_board_up_to_date_by_itself(desk, phone):
    page = phone.new_page()
    page.clock.install()
    page.goto(f"{desk.base}/admin/sign-in")
    page.get_by_label("Email address").fill(TESS)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is working")
    open_one(desk)
    page.clock.fast_forward("00:31")
    expect(page.get_by_role("heading", level=1)).to_have_text("One thing is wrong")


PAGES = ("", "/incidents", "/incidents/new", "/components", "/components/forms", "/maintenance", "/maintenance/new")
PAGES += ("/subscribers", "/notices")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_read_and_used_by_everybody(desk, chromium, size, scheme):
    incident = open_one(desk, minutes=5)
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{desk.base}/admin/sign-in")
        faults = axe_faults(page)
        page = sign_in(context, desk)
        for address in (*(f"{desk.base}/admin{path}" for path in PAGES), incident):
            page.goto(address)
            unfold(page)
            faults += axe_faults(page)
            page.set_viewport_size(size)
    assert faults == []


def unfold(page):
    """Show the whole page at once: the bar at the bottom covers what is scrolled past under it, and each
    target can be scrolled clear of it."""
    page.wait_for_load_state("networkidle")  # previews arrive after the page, and make it longer
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})


@pytest.mark.slow
def test_it_can_be_used_by_everybody_when_it_refuses(desk, phone):
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/maintenance/new")
    page.locator("form.compose").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Publish").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    assert axe_faults(page) == []


def test_it_fits_a_narrow_phone_and_a_thumb(desk, phone):
    incident = open_one(desk)
    page = sign_in(phone, desk)
    for address in (*(f"{desk.base}/admin{path}" for path in PAGES), incident):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
        small = page.evaluate(SMALL_TARGETS)
        assert small == [], address


SMALL_TARGETS = """() => [...document.querySelectorAll("button, .button, select, textarea, summary, nav a, .rows a,"
  + " .tick, .segments label, .back a, input:not([type=hidden], [type=checkbox], [type=radio])")]
  .filter(item => item.checkVisibility() && item.getBoundingClientRect().height < 44)
  .map(item => item.outerHTML.slice(0, 120))"""
