"""A member signs up on a phone in under a minute, and everything on the way is fit for everybody."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.commands.subscribers import SignUp, confirm, subscribe
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.sign_ups import SignUpLimits
from app.domain.subscribers import Choices
from app.settings import DEVELOPMENT_SECRET
from app.store.session import Database
from app.store.signed_links import Links, confirmation_code
from app.store.subscribers import ConfirmationRow, subscription_by_address
from app.store.vault import Vault
from tests.doubles.nodetools import axe_faults
from tests.doubles.serving import free_port

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PHONE = {"width": 360, "height": 740}
VAULT = Vault(DEVELOPMENT_SECRET)
UNUSED = iter(range(80, 99))
"""Ends of numbers that nobody has signed up with yet."""


@dataclass(frozen=True)
class Running:
    """A whole installation in a process of its own, and the database it works on."""

    url: str
    database: Database
    password: str

    def confirmation(self, channel: Channel, address: str) -> ConfirmationRow:
        with self.database.read() as session:
            row = subscription_by_address(session, VAULT, channel, address)
            return session.get(ConfirmationRow, row.id)

    def subscribe(self, number: str) -> None:
        """Sign a number up without a browser."""
        now, sign_up = datetime.now(UTC), SignUp(Channel.SMS, number, Choices(), "Text me.")
        with self.database.transaction() as session:
            subscription_id = subscribe(session, VAULT, sign_up, SignUpLimits(), now=now)
            code = confirmation_code(VAULT, session.get(ConfirmationRow, subscription_id))
            assert confirm(session, VAULT, subscription_id, code, Means.SMS_CODE, now=now)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("running")
    port, database_url = free_port(), f"sqlite:///{folder}/porchlight.db"
    environment = {
        **os.environ,
        "PORCHLIGHT_DATABASE_URL": database_url,
        "PORCHLIGHT_DATA_DIR": str(folder),
        "PORCHLIGHT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "app.cli", "up", "--demo", "--outage", "--port", str(port)]
    printed = folder / "printed.txt"
    with printed.open("w") as file, subprocess.Popen(command, env=environment, cwd=folder, stdout=file) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process)
            database = Database.open(database_url)
            password = re.search(r"tess@\S+ +(\S+)", printed.read_text())[1]
            yield Running(f"http://127.0.0.1:{port}", database, password)
            database.close()
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.25)
    raise RuntimeError("the installation did not start")


@pytest.fixture(params=["light", "dark"])
def phone(request, chromium: Browser, running: Running) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE, color_scheme=request.param, base_url=running.url)
    yield context.new_page()
    context.close()


def is_wider_than_the_screen(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def is_fit_for_everybody(page: Page) -> bool:
    assert axe_faults(page) == []
    assert not is_wider_than_the_screen(page)
    return True


def test_a_member_signs_up_in_under_a_minute(phone: Page, running: Running):
    number = f"+120255501{next(UNUSED)}"
    began = time.monotonic()
    phone.goto("/")
    phone.get_by_role("link", name="By text or email", exact=True).click()
    assert is_fit_for_everybody(phone)
    phone.get_by_label("Mobile number or email address").fill(number)
    phone.get_by_role("button", name="Sign up", exact=True).click()
    expect(phone.get_by_role("heading", name="Enter the code")).to_be_visible(timeout=20_000)
    assert is_fit_for_everybody(phone)
    phone.get_by_label("Code").fill(confirmation_code(VAULT, running.confirmation(Channel.SMS, number)))
    phone.get_by_role("button", name="Confirm").click()
    expect(phone.get_by_text("You are subscribed.")).to_be_visible()
    assert time.monotonic() - began < 60
    for fold in phone.locator("summary").all():
        fold.click()
    assert is_fit_for_everybody(phone)


def test_the_form_says_what_is_wrong_beside_the_field(phone: Page):
    phone.goto("/es/subscribe")
    phone.locator("#address").fill("abc@")
    phone.locator("button.main").click()
    expect(phone.locator("#address-problem")).to_have_text(re.compile("Escriba un número de celular"), timeout=20_000)
    assert phone.locator("#address").input_value() == "abc@"
    assert is_fit_for_everybody(phone)


@pytest.mark.slow
def test_without_script_a_short_wait_stands_in_for_the_work(chromium: Browser, running: Running):
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False, base_url=running.url)
    page = context.new_page()
    page.goto("/subscribe")
    page.locator("#address").fill("ana@mailbox.example")
    page.locator("button.main").click()
    expect(page.get_by_role("alert")).to_contain_text("wait 15 seconds")
    time.sleep(15.2)
    page.locator("button.main").click()
    expect(page.get_by_role("heading", name="Open the link we sent")).to_be_visible()
    link = Links(VAULT, running.url).confirmation(running.confirmation(Channel.EMAIL, "ana@mailbox.example"))
    page.goto(link)
    page.get_by_role("button", name="Yes, tell me").click()
    expect(page.get_by_text("You are subscribed.")).to_be_visible()
    page.get_by_role("button", name="Stop all notices to this address").click()
    expect(page.get_by_role("heading", name="Nothing more will be sent")).to_be_visible()
    context.close()


def test_staff_find_a_subscriber_by_the_exact_address(phone: Page, running: Running):
    ending = next(UNUSED)
    running.subscribe(f"+120255501{ending}")
    phone.goto("/admin/subscribers")
    phone.get_by_label("Email").fill("tess@hpmls-ops.example")
    phone.get_by_label("Password").fill(running.password)
    phone.get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("heading", name="Subscribers", exact=True)).to_be_visible()
    assert is_fit_for_everybody(phone)
    phone.get_by_label("Find by exact number or address").fill("ana@nowhere.example")
    phone.get_by_role("button", name="Find").click()
    expect(phone.get_by_text("Nobody is subscribed with exactly this address.")).to_be_visible()
    phone.get_by_label("Find by exact number or address").fill(f"+1 202-555-01{ending}")
    phone.get_by_role("button", name="Find").click()
    expect(phone.get_by_role("heading", name="Consent log")).to_be_visible()
    assert is_fit_for_everybody(phone)
    assert f"55501{ending}" not in phone.content()
    phone.goto("/admin/subscribers/replies")
    assert is_fit_for_everybody(phone)
