"""The public page as a browser shows it: on a phone, by night, on paper, with and without its script."""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from app.publish.documents import JSON, Source
from app.publish.html import CONTENT_SECURITY_POLICY
from app.publish.pages import page_parts
from app.publish.pulse import pulse
from app.publish.snapshot import PublicSnapshot
from tests.doubles.nodetools import axe_faults
from tests.publish.snapshots import EASTER, QUIET, demo_snapshot, rendered
from tests.publish.stored import comes

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1200, "height": 900}
ZONE = "America/Chicago"

WORKING_ON_IT = datetime(2025, 11, 2, 6, 40, tzinfo=UTC)
FAILING_FOR_SOME = datetime(2026, 7, 18, 13, 0, tzinfo=UTC)


class Site:
    """A web server with exactly these documents. `requests` are the paths it was asked for."""

    def __init__(self) -> None:
        self.documents: Mapping[str, Source] = {}
        self.requests: list[str] = []
        self.is_down = False
        self.pulse: datetime | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def show(self, snapshot: PublicSnapshot) -> None:
        self.documents = {source.path: source for source in rendered(page_parts, snapshot)}

    def found(self, path: str) -> Source | None:
        if path == "/pulse.json" and self.pulse:
            return Source(path, JSON, pulse(self.pulse))
        return self.documents.get(path)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(site) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append(self.path)
                found = None if site.is_down else site.found(self.path)
                self.send_response(200 if found else 503)
                if found:
                    self.send_header("Content-Type", found.media_type)
                    self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                self.end_headers()
                self.wfile.write(found.body if found else b"out of order")

            def log_message(self, format: str, *args: object) -> None:
                """Keep the test's output clean."""

        return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.show(demo_snapshot(outage=True))
    yield site
    site.close()


class Reader:
    """A member with a browser: a phone in the organisation's time zone, unless said otherwise."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        self._chromium = chromium
        self._site = site
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def opens(self, path: str, at: datetime | None = EASTER, **settings: Any) -> Page:
        """The page as it looks at that moment; without one the browser's clock is the machine's."""
        usual: dict[str, Any] = {"viewport": PHONE, "timezone_id": ZONE, "locale": "en-US"}
        context = self._chromium.new_context(**usual | settings)
        self._contexts.append(context)
        page = context.new_page()
        if at:
            page.clock.install(time=at)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)
        page.goto(f"{self._site.address}{path}")
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        # What the browser says of an answer that the test itself made an error is no complaint.
        if message.type == "error" and "status of" not in message.text:
            self.complaints.append(message.text)

    def leave(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def reader(chromium: Browser, site: Site) -> Iterator[Reader]:
    """Whatever the browser complained of (the policy, the script) fails the test."""
    reader = Reader(chromium, site)
    yield reader
    reader.leave()
    assert reader.complaints == []


# The first ten seconds.


@pytest.mark.parametrize("zone", [ZONE, "America/New_York"])
def test_an_agent_on_a_phone_sees_verdict_promise_and_doors_without_scrolling(reader: Reader, zone: str) -> None:
    page = reader.opens("/", timezone_id=zone)
    doors = page.locator(".doors a")

    expect(page.get_by_role("heading", level=1)).to_have_text("Member dashboard is down. It's not just you.")
    expect(page.get_by_text("Next update by 10:30 PM CT")).to_be_in_viewport(ratio=1)
    expect(doors).to_have_count(4)
    for door in doors.all():
        expect(door).to_be_in_viewport(ratio=1)
        assert "dashboard.hpmls.example" not in (door.get_attribute("href") or "")


def test_a_spanish_speaker_sees_them_too(reader: Reader, site: Site) -> None:
    page = reader.opens("/es/")

    expect(page.get_by_role("heading", level=1)).to_contain_text("No es solo usted.")
    expect(page.locator(".doors a").nth(3)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_no_name_is_long_enough_to_break_the_page(reader: Reader, site: Site, width: int) -> None:
    crisis = demo_snapshot(outage=True)
    long = tuple(replace(item, name=f"{item.name} {'Unbreakable' * 12}") for item in crisis.components)
    site.show(replace(crisis, components=long))
    for path in ("/", "/is-it-me", "/offices", "/components/forms", "/history"):
        page = reader.opens(path, viewport={"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == width, path


def test_everything_can_be_read_without_script(reader: Reader, site: Site) -> None:
    page = reader.opens("/", at=None, java_script_enabled=False)

    expect(page.get_by_text("Next update by 10:30 PM CT")).to_be_visible()
    expect(page.locator(".doors a")).to_have_count(4)
    expect(page.get_by_role("button")).to_have_text(["I'm having trouble too"])  # a form


# Accessibility.

PAGES = (
    "/",
    "/es/",
    "/is-it-me",
    "/offices",
    "/404",
    "/history",
    "/history/2026-02",
    "/maintenance",
    "/components/sso-dashboard",
    "/components/forms",
)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_any_kind_of_page(
    reader: Reader, site: Site, viewport: dict[str, int], theme: str
) -> None:
    crisis = demo_snapshot(outage=True)
    records = (f"/incidents/{crisis.incidents[0].id}", f"/incidents/{crisis.incidents[-1].id}")
    page = reader.opens("/", at=None, viewport=viewport, color_scheme=theme)
    faults = [fault for path in (*PAGES, *records) for fault in _faults(page, site, path)]
    for at in (QUIET, WORKING_ON_IT, FAILING_FOR_SOME):
        site.show(demo_snapshot(at=at))
        faults += _faults(page, site, "/")

    assert faults == []


def _faults(page: Page, site: Site, path: str) -> list[str]:
    page.goto(f"{site.address}{path}")
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    return axe_faults(page)


@pytest.mark.parametrize("path", ["/", "/is-it-me", "/history", "/maintenance", "/components/forms"])
def test_everything_that_can_be_pressed_is_big_enough_for_a_thumb(reader: Reader, site: Site, path: str) -> None:
    page = reader.opens(path)
    small = page.evaluate(
        """[...document.querySelectorAll('a:not(.skip), button, summary')]
            .filter(item => item.offsetParent && item.getBoundingClientRect().height < 44)
            .map(item => item.outerHTML)"""
    )

    assert small == []


def test_a_keyboard_reaches_the_content_first(reader: Reader, site: Site) -> None:
    page = reader.opens("/")
    page.keyboard.press("Tab")

    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".doors a").first).to_be_focused()


# What the script adds.


def test_it_tells_the_distance_and_the_readers_own_time(reader: Reader, site: Site) -> None:
    there = reader.opens("/", timezone_id="America/New_York")
    here = reader.opens("/")
    promise = ".promise [data-r]"

    assert there.locator(promise).get_attribute("data-r") == " · in 38 minutes · 11:30 PM your time"
    assert here.locator(promise).get_attribute("data-r") == " · in 38 minutes"


def test_an_open_page_shows_the_news_and_keeps_the_readers_place(reader: Reader, site: Site) -> None:
    page = reader.opens("/")
    page.get_by_text("First time signing in directly?").click()
    page.get_by_role("link", name="Tax and public records").focus()
    site.show(demo_snapshot(at=EASTER + timedelta(minutes=40)))
    page.clock.fast_forward("00:40")

    expect(page.get_by_text("Our sign-in supplier confirms a fault")).to_be_attached()
    expect(page.get_by_role("status")).to_contain_text("News on this page at 9:52")
    expect(page.get_by_role("link", name="Tax and public records")).to_be_focused()
    expect(page.get_by_text("User name is your MLS ID in lower case.")).to_be_visible()


def test_the_tab_tells_when_it_is_over(reader: Reader, site: Site) -> None:
    page = reader.opens("/")
    icon = page.locator("[rel=icon]").get_attribute("href")
    site.show(demo_snapshot(at=QUIET))
    page.clock.fast_forward("00:40")

    expect(page).to_have_title(re.compile("Everything is working"))
    assert page.locator("[rel=icon]").get_attribute("href") != icon
    assert page.locator("body").get_attribute("class") == ""


def test_nothing_is_said_while_nothing_is_new(reader: Reader, site: Site) -> None:
    page = reader.opens("/")
    asked = site.requests.count("/")
    with page.expect_response(f"{site.address}/"):
        page.clock.fast_forward("00:40")

    assert site.requests.count("/") == asked + 1
    expect(page.get_by_role("status")).to_have_text("")


def test_refreshing_can_be_paused(reader: Reader, site: Site) -> None:
    page = reader.opens("/")
    pause = page.get_by_role("button", name="Pause refreshing")
    pause.click()
    asked = site.requests.count("/")
    page.clock.fast_forward("05:00")

    expect(pause).to_have_attribute("aria-pressed", "true")
    assert site.requests.count("/") == asked
    with page.expect_response(f"{site.address}/"):
        pause.click()


def test_it_says_how_old_it_is_when_its_publisher_is_dead(reader: Reader, site: Site) -> None:
    site.pulse = datetime.now(UTC) - timedelta(minutes=6)
    page = reader.opens("/", None)

    since = site.pulse.astimezone(ZoneInfo(ZONE)).strftime("%-I:%M\u202f%p")
    words = f"This page has had no news from its publisher since {since}. What it says may be out of date."
    expect(page.get_by_role("status")).to_have_text(words)
    assert axe_faults(page) == []
    spanish = reader.opens("/es/", None)
    expect(spanish.get_by_role("status")).to_contain_text("no tiene noticias de quien la publica desde las")


def test_it_asks_again_every_five_minutes_and_takes_back_what_is_no_longer_true(reader: Reader, site: Site) -> None:
    site.pulse = datetime.now(UTC) - timedelta(minutes=1)
    page = reader.opens("/", datetime.now(UTC))
    assert comes(lambda: "/pulse.json" in site.requests)
    expect(page.get_by_role("status")).to_be_empty()

    site.pulse = datetime.now(UTC) - timedelta(minutes=6)
    page.clock.fast_forward("05:01")
    expect(page.get_by_role("status")).to_contain_text("no news from its publisher since")

    site.pulse = datetime.now(UTC)
    page.clock.fast_forward("05:01")
    expect(page.get_by_role("status")).to_be_empty()


def test_it_says_since_when_it_could_not_refresh_and_keeps_what_it_has(reader: Reader, site: Site) -> None:
    page = reader.opens("/")
    site.is_down = True
    page.clock.fast_forward("00:40")

    expect(page.get_by_role("status")).to_have_text("Not refreshed since 9:52\u202fPM.")
    expect(page.locator(".doors a")).to_have_count(4)


# On paper.


@pytest.mark.parametrize("paper", ["Letter", "A4"])
@pytest.mark.parametrize("path", ["/offices", "/es/offices"])
def test_the_sheet_for_the_wall_is_one_sheet(reader: Reader, site: Site, path: str, paper: str) -> None:
    printed = reader.opens(path).pdf(format=paper)

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
