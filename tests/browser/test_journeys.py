"""Two people and one outage, through the whole product: the program as it is started, a real browser."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PHONE = {"width": 360, "height": 640}
DOORS = {
    "Contract forms": "https://signin.quillforms.example/",
    "Electronic signatures": "https://sign.quillforms.example/",
    "Tax and public records": "https://hpmls.parcelwise.example/login",
    "Showing appointments": "https://go.doorstep.example/",
}
PATIENCE = 30_000

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Installation:
    """A running `porchlight up --demo --outage` and its first sign-in."""

    base: str
    email: str
    password: str


@pytest.fixture(scope="module")
def porchlight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("journey")
    port = free_port()
    environment = {
        **os.environ,
        "PORCHLIGHT_DATABASE_URL": f"sqlite:///{folder}/porchlight.db",
        "PORCHLIGHT_DATA_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
    output = folder / "output.txt"
    with output.open("w") as file:
        command = [sys.executable, "-m", "app.cli", "up", "--demo", "--outage", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(base, process, output)
        said = re.search(r"First sign-in \(shown once\): (\S+)\s+(\S+)", output.read_text())
        assert said, output.read_text()
        yield Installation(base, *said.groups())
    finally:
        process.terminate()
        process.wait(20)


def wait_until_healthy(base: str, process: "subprocess.Popen[bytes]", output: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, output.read_text()
        try:
            urllib.request.urlopen(f"{base}/healthz")  # noqa: S310 - our own address
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"it did not start: {output.read_text()}")


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, timezone_id="America/Chicago")  # type: ignore[arg-type]
    yield context
    context.close()


def signed_in(context: BrowserContext, porchlight: Installation) -> Page:
    page = context.new_page()
    page.goto(f"{porchlight.base}/admin")
    page.get_by_label("Email address").fill(porchlight.email)
    page.get_by_label("Password").fill(porchlight.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One thing is wrong")
    return page


def test_an_agent_in_a_driveway_sees_verdict_promise_and_four_doors_without_scrolling(
    porchlight: Installation, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(porchlight.base)
    in_sight = [
        page.get_by_role("heading", level=1, name="Member dashboard is down. It's not just you."),
        page.get_by_text(re.compile(r"next update by\s", re.IGNORECASE)),
        *(page.get_by_role("link", name=re.compile(name)).first for name in DOORS),
    ]
    for place in in_sight:
        box = place.bounding_box()
        assert box, place
        assert box["y"] + box["height"] <= PHONE["height"], place
    for name, address in DOORS.items():
        assert page.get_by_role("link", name=re.compile(name)).first.evaluate("link => link.href") == address


def test_no_link_on_the_page_loops_back_to_the_dead_dashboard(porchlight: Installation, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(porchlight.base)
    links = page.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
    assert len(links) > len(DOORS)
    assert not [link for link in links if "dashboard.hpmls" in link]


def test_the_comms_lead_posts_and_the_open_page_shows_it_without_reload(
    porchlight: Installation, phone: BrowserContext, chromium: Browser
) -> None:
    agent = phone.new_page()
    agent.clock.install()
    agent.goto(porchlight.base)
    agent.evaluate("window.stillTheSamePage = true")
    with chromium.new_context(viewport=PHONE, timezone_id="America/Chicago") as desk:  # type: ignore[arg-type]
        lead = signed_in(desk, porchlight)
        lead.get_by_role("link", name="Post update").click()
        lead.get_by_role("radio", name="Identified").check()
        lead.get_by_label("What happened").fill("A certificate ran out at our sign-in supplier.")
        lead.get_by_label("Done so far").fill("We told the supplier.")
        lead.get_by_label("What comes next").fill("They are moving sign-in to their second site.")
        lead.get_by_role("button", name="Publish").click()
        expect(lead.get_by_text("A certificate ran out").first).to_be_visible(timeout=PATIENCE)
    for path in ("/", "/es/", "/api/v2/summary.json", "/updates.atom", "/history.rss"):
        assert_served(porchlight, path, "A certificate ran out")
    agent.clock.fast_forward(60_000)
    expect(agent.get_by_text("A certificate ran out at our sign-in supplier.").first).to_be_visible(timeout=PATIENCE)
    assert agent.evaluate("window.stillTheSamePage")


def assert_served(porchlight: Installation, path: str, words: str) -> None:
    """A document carries the words within five seconds (one is the promise; the machine may be busy)."""
    end = time.monotonic() + 5
    while words not in (served := fetched(porchlight.base + path)):
        assert time.monotonic() < end, served
        time.sleep(0.05)


def fetched(address: str) -> str:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own address
        text: str = answer.read().decode()
        return text


def test_everything_is_readable_and_postable_with_script_off(porchlight: Installation, chromium: Browser) -> None:
    with chromium.new_context(java_script_enabled=False, viewport=PHONE) as context:  # type: ignore[arg-type]
        reader = context.new_page()
        reader.goto(porchlight.base)
        expect(reader.get_by_role("link", name=re.compile("Contract forms")).first).to_be_visible()
        for name in ("Is it me?", "History", "Planned work", "For offices"):
            reader.goto(porchlight.base)
            reader.get_by_role("link", name=name).last.click()
            expect(reader.get_by_role("heading", level=1)).to_be_visible()
        lead = signed_in(context, porchlight)
        lead.get_by_role("link", name="Post update").click()
        lead.get_by_label("What happened").fill("Posted without a line of script.")
        lead.get_by_label("Done so far").fill("Half of it is moved.")
        lead.get_by_label("What comes next").fill("Still moving to the second site.")
        lead.get_by_role("button", name="Publish").click()
        expect(lead.get_by_text("Posted without a line of script.").first).to_be_visible(timeout=PATIENCE)
