"""The composer in a real browser: ten taps to the first word, two editors, undo, by keyboard, without script."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from app.commands.incidents import post_update
from app.domain.channels import Channel
from app.store.accounts import SignInRow
from app.store.notices import newest_notices
from app.store.organisation import organisation_row
from tests.browser.test_console import DESK, PHONE, Desk, desk, open_one, phone, scriptless, sign_in, unfold
from tests.commands.world import words
from tests.deliver.world import subscribe
from tests.doubles.nodetools import axe_faults
from tests.web.consoles import PASSWORD

__all__ = ["desk", "phone", "scriptless"]  # fixtures of the console's own tests

SMALL = {"width": 360, "height": 640}

pytestmark = [pytest.mark.browser]


@pytest.fixture(autouse=True)
def forgive_aborted_previews(desk: Desk):
    """A preview that is under way when one publishes is given up, a stale version and an old sign-in are refused."""
    yield
    expected = ("of 409", "of 401")
    desk.complaints[:] = [
        said for said in desk.complaints if not said.startswith("htmx:") and not any(code in said for code in expected)
    ]


class Thumb:
    """One thumb: it taps, and the taps are counted."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.taps = 0

    def tap(self, target) -> None:
        """Tap something that can be seen without a scroll to the side."""
        self._look()
        target.tap()
        self.taps += 1

    def _look(self) -> None:
        wide = self._page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, "the page scrolls sideways"


def waited(page: Page) -> None:
    """Until the preview has come back."""
    expect(page.locator("#preview .reached")).to_be_visible()


def test_it_takes_at_most_ten_taps_from_the_board_to_the_first_word(desk, phone):
    page = sign_in(phone, desk)
    page.set_viewport_size(SMALL)
    thumb = Thumb(page)
    thumb.tap(page.get_by_role("link", name="Report a problem"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Report a problem")
    thumb.tap(page.get_by_text("Member dashboard", exact=True))
    expect(page.get_by_label("What happened", exact=True)).to_have_value(
        re.compile("^Member dashboard has been failing")
    )
    thumb.tap(page.locator(".bar .main"))
    expect(page.get_by_text("Published.")).to_be_visible()
    assert thumb.taps <= 10
    (incident,) = desk.incidents()
    assert incident.title == "Member dashboard is down"
    assert "Next: We are looking for the cause." in incident.newest.headings.what_we_are_doing


def test_with_an_old_sign_in_and_many_to_tell_it_still_takes_at_most_ten_taps(desk, phone):
    page = sign_in(phone, desk)
    with desk.console.database.transaction() as session:
        organisation_row(session).confirm_above = 3
        subscribe(session, 4, Channel.SMS)
        for row in session.exec(select(SignInRow)):
            row.proved_at = desk.console.time() - timedelta(hours=1)
    page.set_viewport_size(SMALL)
    thumb = Thumb(page)
    thumb.tap(page.get_by_role("link", name="Report a problem"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Report a problem")
    thumb.tap(page.get_by_text("Member dashboard", exact=True))
    expect(page.locator("#send")).to_have_text("Text 4 members")
    thumb.tap(page.locator(".bar .main"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert desk.incidents() == []
    assert axe_faults(page) == []
    thumb.tap(page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    thumb.tap(page.get_by_role("button", name="It is me"))
    expect(page.get_by_role("heading", level=1)).to_have_text("It is you")
    thumb.tap(page.get_by_role("button", name="Send again"))
    expect(page.get_by_text("Published.")).to_be_visible()
    assert thumb.taps <= 10
    assert desk.incidents()[0].title == "Member dashboard is down"


def test_it_fills_in_the_words_of_another_event_and_keeps_what_was_typed(desk, phone):
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_text("Contract forms", exact=True).tap()
    happened, done = page.get_by_label("What happened", exact=True), page.get_by_label("Done so far")
    expect(happened).to_have_value(re.compile("Contract forms have been failing"))
    done.fill("We called the supplier.")
    page.get_by_role("radio", name="Only a few affected").tap()
    expect(happened).to_have_value(re.compile("some of you have trouble"))
    expect(done).to_have_value("We called the supplier.")
    expect(page.get_by_label("Kind")).to_have_value("isolated")


def test_it_shows_every_channel_while_one_types(desk, chromium):
    with desk.console.database.transaction() as session:
        subscribe(session, 12, Channel.SMS)
        subscribe(session, 3, Channel.EMAIL)
    with chromium.new_context(viewport=DESK) as context:
        page = sign_in(context, desk)
        page.goto(f"{desk.base}/admin/incidents/new")
        page.get_by_label("Member dashboard", exact=True).check()
        page.get_by_label("What happened", exact=True).fill("Nobody can sign in since lunch.")
        preview = page.locator("#preview")
        expect(preview.locator(".sheet").first).to_contain_text("Nobody can sign in since lunch.")
        expect(preview).to_contain_text("12 by text")
        expect(preview).to_contain_text("1 segment")
        expect(preview).to_contain_text("GSM-7")
        expect(preview).to_contain_text("seconds aloud")
        expect(page.locator("#send")).to_have_text("Text 12 members")
        page.get_by_label("What happened", exact=True).fill("We can’t reproduce it.")
        expect(preview).to_contain_text("Never tell members that it cannot be reproduced.")


def test_it_keeps_the_words_when_the_browser_is_gone(desk, phone):
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_text("Contract forms", exact=True).tap()
    page.get_by_label("What happened", exact=True).fill("Half a sentence")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.goto(f"{desk.base}/admin")
    page.goto(f"{desk.base}/admin/incidents/new")
    expect(page.locator("#kept")).to_contain_text("Kept from")
    expect(page.get_by_label("What happened", exact=True)).to_have_value("Half a sentence")
    expect(page.get_by_label("Contract forms", exact=True)).to_be_checked()
    page.get_by_role("button", name="Start afresh").tap()
    expect(page.get_by_label("What happened", exact=True)).to_have_value("")


def test_two_editors_see_each_other_and_lose_nothing(desk, chromium):
    address = open_one(desk)
    with chromium.new_context(viewport=DESK) as context:
        page = sign_in(context, desk)
        page.goto(address)
        page.get_by_label("What happened", exact=True).fill("My words.")
        page.get_by_label("Done so far").fill("Something.")
        page.get_by_label("What comes next").fill("More.")
        now = desk.console.time()
        theirs = words(body="A colleague's words.", next_update_at=now + timedelta(hours=1))
        with desk.console.database.transaction() as session:
            post_update(session, desk.incidents()[0].id, theirs, now=now)
        page.locator(".bar .main").click()
        expect(page.get_by_role("alert")).to_contain_text("Somebody posted while you were writing")
        expect(page.locator(".update.news")).to_contain_text("A colleague's words.")
        expect(page.get_by_label("What happened", exact=True)).to_have_value("My words.")
        page.locator(".bar .main").click()
        expect(page.get_by_text("Published.")).to_be_visible()
    assert [update.headings.what_happened for update in desk.incidents()[0].updates][-1] == "My words."


def test_it_can_be_taken_back_while_the_seconds_run(desk, phone):
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_text("Contract forms", exact=True).tap()
    expect(page.get_by_label("Done so far")).to_have_value("We see it too.")
    page.locator(".bar .main").tap()
    expect(page.locator("[data-until]")).to_have_text(re.compile(r"^1?\d s$"))
    page.get_by_role("button", name="Undo: tell nobody").tap()
    expect(page.get_by_text("Nobody was told.")).to_be_visible()
    with desk.console.database.read() as session:
        (notice,) = newest_notices(session)
    assert notice.recalled_at is not None


def test_one_tap_takes_back_what_was_wrong_and_asks_nobody(desk, phone):
    page = sign_in(phone, desk)
    page.goto(open_one(desk))
    page.get_by_role("radio", name="Disregard that").tap()
    expect(page.get_by_label("What happened", exact=True)).to_have_value(re.compile("^Please disregard"))
    page.locator(".bar .main").tap()
    expect(page.get_by_text("Published.")).to_be_visible()


def test_a_due_word_is_skipped_with_a_reason(desk, phone):
    page = sign_in(phone, desk)
    page.goto(open_one(desk, minutes=600))
    page.get_by_text("Skip this update").tap()
    page.get_by_label("Why members hear nothing this time").fill("The supplier tests until five.")
    page.get_by_role("button", name=re.compile("^Skip the")).tap()
    expect(page.get_by_text("Skipped. The reason is kept.")).to_be_visible()


def test_a_surprise_waits_for_the_service_manager(desk, phone):
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_text("Member dashboard", exact=True).tap()
    page.get_by_role("radio", name="New passwords for all").tap()
    expect(page.locator("#send")).to_have_text("Ask, then publish")
    page.locator(".bar .main").tap()
    expect(page.get_by_text("This may surprise or confuse members.")).to_be_visible()
    assert desk.incidents() == []
    page.get_by_role("button", name="Take it back").tap()
    expect(page.get_by_text("It was not published.")).to_be_visible()


def test_a_drill_looks_like_nothing_real_and_stays_off_the_page(desk, phone):
    page = sign_in(phone, desk)
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_text("Contract forms", exact=True).tap()
    page.get_by_text("More: footnote").tap()
    page.get_by_text("This is a drill").tap()
    expect(page.locator("#send")).to_have_text("Start the drill")
    page.locator(".bar .main").tap()
    expect(page.get_by_text("This is a drill.")).to_be_visible()
    assert desk.incidents() == []
    page.goto(f"{desk.base}/admin")
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is working")
    expect(page.locator(".incident.drill")).to_be_visible()


def test_it_can_be_done_by_keyboard_alone(desk, chromium):
    with chromium.new_context(viewport=DESK) as context:
        page = sign_in(context, desk)
        page.goto(f"{desk.base}/admin/incidents/new")
        page.get_by_label("Member dashboard", exact=True).press("Space")
        expect(page.get_by_label("Done so far")).to_have_value("We see it too.")
        waited(page)
        page.get_by_role("radio", name="Something fails").press("ArrowRight")
        expect(page.get_by_role("radio", name="Identified")).to_be_checked()
        page.get_by_label("What comes next").press_sequentially(" Soon.")
        page.locator(".bar .main").press("Enter")
        expect(page.get_by_text("Published.")).to_be_visible()
    assert desk.incidents()[0].status == "identified"


def test_it_does_everything_without_script(desk, scriptless):
    page = sign_in(scriptless, desk)
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_label("Contract forms", exact=True).check()
    page.get_by_role("button", name="Fill in the words").click()
    expect(page.get_by_label("What happened", exact=True)).to_have_value(
        re.compile("^Contract forms have been failing")
    )
    expect(page.locator("#preview")).to_contain_text("1 segment")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#kept")).to_contain_text("Kept from")
    page.locator(".bar .main").click()
    expect(page.get_by_text("Published.")).to_be_visible()
    assert len(desk.incidents()) == 1


def a_waiting_message(page: Page, desk: Desk) -> str:
    """The address of a message that waits for a second person."""
    page.goto(f"{desk.base}/admin/incidents/new")
    page.get_by_label("Contract forms", exact=True).check()
    page.get_by_role("radio", name="New passwords for all").check(force=True)
    expect(page.locator("#send")).to_have_text("Ask, then publish")
    page.locator(".bar .main").click()
    expect(page.get_by_text("This may surprise or confuse members.")).to_be_visible()
    return page.url


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_read_and_used_by_everybody(desk, chromium: Browser, size, scheme):
    address = open_one(desk, minutes=600)
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = sign_in(context, desk)
        faults = []
        for path in (f"{desk.base}/admin", a_waiting_message(page, desk)):
            page.goto(path)
            faults += axe_faults(page)
        for path in (f"{desk.base}/admin/incidents/new?component=dashboard", address):
            page.goto(path)
            waited(page)
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            unfold(page)
            faults += axe_faults(page)
            page.set_viewport_size(size)
    assert faults == []
