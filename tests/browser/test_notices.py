"""A notice on its way in a real browser: the board moves by itself, is whole without script, and fits everybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.commands.accounts import add_account
from app.commands.incidents import IncidentDraft, open_incident
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.deliveries import Outcome, State
from app.store.deliveries import DeliveryRow
from app.store.notices import NoticeRow, newest_notices
from app.store.rates import set_sender
from app.store.session import Database
from app.store.tray import keep
from app.web.console import build_console
from notifiers.base import Notice
from tests.commands.sign_ups import VAULT
from tests.commands.world import build, words
from tests.doubles.nodetools import axe_faults
from tests.web.wire import serving

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1200, "height": 900}
PASSWORD = "gravel otter teapot"


@dataclass
class Desk:
    """A console that is served, where, and the database under it."""

    database: Database
    base: str

    def say(self, *, hold: timedelta) -> NoticeRow:
        """An update whose notice is held for so long."""
        now = datetime.now(UTC)
        draft = words(
            components={"dashboard": ComponentStatus.MAJOR_OUTAGE}, next_update_at=now + timedelta(minutes=40)
        )
        with self.database.transaction() as session:
            open_incident(session, IncidentDraft("Nobody can sign in", draft), now=now)
            notice = newest_notices(session)[0]
            notice.held_until = now + hold
            return notice

    def queue(self, notice: NoticeRow, count: int) -> None:
        """So many texts that wait, and three that failed."""
        now = datetime.now(UTC)
        given = {"notice_id": notice.id, "channel": "sms", "batch_id": 1, "updated_at": now}
        failed = {"state": State.ENDED, "outcome": Outcome.FAILED, "reason": "21211", "words": "No such number."}
        with self.database.transaction() as session:
            session.merge(notice).fanned_out_at = now
            set_sender(session, "sms", 20.0)
            for number in range(count + 3):
                fields = failed if number < 3 else {"state": State.WAITING}
                session.add(DeliveryRow(subscription_id=number, **given, **fields))

    def deliver(self, count: int) -> None:
        """Let so many of the waiting ones arrive."""
        waiting = sa.select(DeliveryRow.id).where(DeliveryRow.state == State.WAITING).limit(count)
        with self.database.transaction() as session:
            arrived = {"state": State.ENDED, "outcome": Outcome.DELIVERED}
            session.execute(sa.update(DeliveryRow).where(DeliveryRow.id.in_(waiting)).values(arrived))


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    database = Database.open(sqlite_url)
    with database.transaction() as session:
        build(session)
        add_account(session, "tess@mls.example", "Tess", Role.ADMINISTRATOR, PASSWORD, now=datetime.now(UTC))
    console = build_console(
        database, vault=VAULT, secure_cookies=False, public_url="https://status.example", admin_hosts=["127.0.0.1"]
    )
    with serving(console) as port:
        yield Desk(database, f"http://127.0.0.1:{port}")
    database.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, has_touch=True)
    yield context
    context.close()


def sign_in(context: BrowserContext, desk: Desk) -> Page:
    page = context.new_page()
    page.goto(f"{desk.base}/admin/sign-in")
    page.get_by_label("Email").fill("tess@mls.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def test_the_board_moves_while_it_happens(desk, phone):
    notice = desk.say(hold=timedelta(0))
    desk.queue(notice, 100)
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/notices/{notice.id}")
    expect(page.get_by_text("3 of 103 done.")).to_be_visible()
    desk.deliver(60)
    expect(page.get_by_text("63 of 103 done.")).to_be_visible(timeout=10_000)
    assert page.locator("progress").get_attribute("value") == "63"
    desk.deliver(40)
    expect(page.get_by_text("All 103 accounted for.")).to_be_visible(timeout=10_000)


@pytest.mark.slow
def test_the_undo_is_offered_where_one_looks_and_goes_when_it_is_too_late(desk, phone):
    notice = desk.say(hold=timedelta(seconds=8))
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/incidents/{notice.incident_id}")
    page.get_by_role("link", name="Watch it leave").tap()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0, timeout=15_000)
    expect(page.get_by_text("About to leave.")).to_be_visible(timeout=5_000)


def test_without_script_it_is_whole_and_can_be_taken_back(desk, chromium):
    notice = desk.say(hold=timedelta(seconds=60))
    with chromium.new_context(viewport=PHONE, java_script_enabled=False) as context:
        page = sign_in(context, desk)
        page.goto(f"{desk.base}/admin/notices/{notice.id}")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("Taken back.")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_they_can_be_read_and_used_by_everybody(desk, chromium, size, scheme):
    moving = desk.say(hold=timedelta(0))
    desk.queue(moving, 5)
    held = desk.say(hold=timedelta(seconds=60))
    with desk.database.transaction() as session:
        message = Notice("1", "ana@mailbox.example", subject="Down", text="It is.", html="<p>It is.</p>")
        keep(session, "email", message, datetime.now(UTC))
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = sign_in(context, desk)
        for path in (f"notices/{moving.id}", f"notices/{held.id}", f"notices/{held.id}/social", "notices", "tray"):
            page.goto(f"{desk.base}/admin/{path}")
            assert axe_faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
