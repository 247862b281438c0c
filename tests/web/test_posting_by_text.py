"""Publishing with nothing but a phone: text in, read-back out, YES, and the page says it."""

from datetime import timedelta

import pytest
from lxml import html
from sqlmodel import select
from twilio.request_validator import RequestValidator

from app.commands.accounts import add_account, disable_account
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.posting_codes import find_posting_code, new_posting_codes, use_posting_code
from app.commands.posting_numbers import drop_posting_number, save_posting_number
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus
from app.domain.posting_by_text import WRONG_MOST
from app.store.accounts import account_by_email
from app.store.audit import AuditSearch, entries_found
from app.store.incidents import open_incidents, the_incident
from app.store.notices import NoticeRow
from app.store.posting_by_text import PostingCodeRow, PostingNumberRow, posting_codes_of
from app.store.replies import ReplyRow
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow
from app.web.hooks import HookParts, build_hooks
from tests.commands.sign_ups import VAULT, member
from tests.commands.world import NOW, build, words
from tests.web.consoles import TESS, Console, text_of
from tests.web.sign_up_site import SITE, Client

TOKEN = "the token of the account"
ON_CALL = "+12025550199"
STRANGER = "+12025550188"


class Phone:
    """A telephone in the hand of somebody on call, and the clock on the wall."""

    def __init__(self, database) -> None:
        self.database, self.now, self._sent = database, NOW, 0
        parts = HookParts(database, VAULT, SITE, twilio_auth_token=TOKEN, clock=lambda: self.now)
        self._client = Client(build_hooks(parts), "198.51.100.1")
        with database.transaction() as session:
            build(session)
            member(session)
            self.account = add_account(
                session, "tess@mls.example", "Tess Marchetti", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=NOW
            )
            add_account(session, "cal@mls.example", "Cal", Role.COMMANDER, "gravel otter teapot", now=NOW)
            add_account(session, "vi@mls.example", "Vi", Role.VIEWER, "gravel otter teapot", now=NOW)
            save_posting_number(session, VAULT, self.account, "(202) 555-0199", now=NOW)
            self.codes = new_posting_codes(session, VAULT, self.account, now=NOW)

    def text(self, words: str, sender: str = ON_CALL, sid: str = "") -> str:
        """Send a text; what came back, empty when nothing did."""
        self._sent += 1
        path = "/hooks/twilio/message"
        form = {"MessageSid": sid or f"SM{self._sent}", "From": sender, "Body": words}
        signature = RequestValidator(TOKEN).compute_signature(SITE + path, form)
        answer = self._client.post(path, data=form, headers={"x-twilio-signature": signature})
        if answer.status_code != 200:
            return str(answer.status_code)
        return answer.text.partition("<Message>")[2].partition("</Message>")[0]

    def opened(self):
        with self.database.read() as session:
            return open_incidents(session)

    def rows(self, table):
        with self.database.read() as session:
            return list(session.exec(select(table)))

    def acts(self) -> list[str]:
        with self.database.read() as session:
            found = entries_found(session, AuditSearch(means="text"), before=None, most=50)
            return [row.act for row in reversed(found)]

    def used(self) -> int:
        with self.database.read() as session:
            return sum(row.used_at is not None for row in posting_codes_of(session, self.account.id))


@pytest.fixture
def phone(database) -> Phone:
    return Phone(database)


def test_a_code_a_kind_and_a_component_are_read_back_and_published_on_yes(phone):
    said = phone.text(f"{phone.codes[0]} sso dash")
    assert "NEW on status.example: Member dashboard is down (investigating)." in said
    assert "Member dashboard has been failing since 9:50 PM." in said
    assert "Tells 1 by sms." in said
    assert "Reply YES by 10:00 PM" in said
    assert phone.opened() == []
    assert phone.text("Yes").startswith("Published on status.example: Member dashboard is down.")
    (incident,) = phone.opened()
    assert {item.slug: item.status for item in incident.components} == {"dashboard": ComponentStatus.MAJOR_OUTAGE}
    assert incident.newest.headings.what_we_are_doing
    assert incident.promised_at > phone.now


def test_the_log_names_who_texted_and_the_leaders_are_told(phone):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    phone.text("YES")
    assert phone.acts() == ["texted_draft.read_back", "account.posting_code_used", "incident.opened"]
    with phone.database.read() as session:
        (row,) = entries_found(session, AuditSearch(act="incident.opened"), before=None, most=1)
    assert (row.name, row.means, row.address) == ("Tess Marchetti", "text", "…0199")
    (told,) = phone.rows(StaffMessageRow)
    assert told.subject == "Tess Marchetti published by text: Member dashboard is down"
    (notice,) = phone.rows(NoticeRow)
    assert notice.incident_id == row.subject


def test_words_of_ones_own_take_the_place_of_the_kinds_words(phone):
    assert "The certificate ran out." in phone.text(f"{phone.codes[0]} inv dashboard The certificate ran out.")
    phone.text("y")
    assert phone.opened()[0].newest.headings.what_happened == "The certificate ran out."


@pytest.mark.parametrize("answer", ["no", "YES please wait", "what?", "cancelled"])
def test_anything_else_cancels(phone, answer):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    assert phone.text(answer).startswith("Cancelled. Nothing was published.")
    assert phone.text("YES") == ""
    assert phone.opened() == []


def test_after_ten_minutes_yes_is_too_late(phone):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    phone.now += timedelta(minutes=10)
    assert phone.text("YES").startswith("Too late: nothing was published.")
    assert phone.opened() == []


def test_a_code_works_once(phone):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    phone.text("YES")
    assert phone.text(f"{phone.codes[0]} resolved dashboard") == ""
    assert phone.opened() != []
    assert phone.used() == 1


@pytest.mark.parametrize("rest", ["", "nonsense dashboard", "investigating nothing", "resolved", "re dashboard"])
def test_what_cannot_be_published_is_said_and_the_code_stays_good(phone, rest):
    code = phone.codes[0].upper().replace("-", " ")
    assert phone.text(f"{code} {rest}").startswith("Nothing was published.")
    assert (phone.opened(), phone.used()) == ([], 0)
    assert "NEW on" in phone.text(f"{code} investigating dashboard")


def test_a_stranger_with_a_right_code_is_a_stranger(phone):
    assert phone.text(f"{phone.codes[0]} investigating dashboard", sender=STRANGER) == ""
    assert (phone.opened(), phone.used()) == ([], 0)
    assert len(phone.rows(ReplyRow)) == 1


def test_a_wrong_code_looks_like_any_strangers_text(phone):
    assert phone.text("aaaa-bbbb-cccc investigating dashboard") == ""
    assert phone.text("Are the lockboxes down?") == ""
    assert phone.opened() == []


def test_whoever_guesses_is_not_heard_even_with_the_right_code_until_a_while_has_passed(phone):
    for _ in range(WRONG_MOST):
        phone.text("aaaa-bbbb-cccc investigating dashboard")
    assert phone.text(f"{phone.codes[0]} investigating dashboard") == ""
    phone.now += timedelta(minutes=11)
    assert "NEW on" in phone.text(f"{phone.codes[0]} investigating dashboard")


def test_stop_ends_texts_and_whatever_waited_for_a_yes(phone):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    phone.text("STOP")
    phone.text("YES")
    assert phone.opened() == []


def test_an_open_incident_is_continued_and_resolved(phone):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    phone.text("YES")
    said = phone.text(f"{phone.codes[1]} confirmed dashboard")
    assert "UPDATE on status.example: Member dashboard is down (identified)." in said
    phone.text("YES")
    assert phone.opened()[0].status is IncidentStatus.IDENTIFIED
    phone.text(f"{phone.codes[2]} resolved")
    phone.text("YES")
    assert phone.opened() == []


def test_with_several_open_the_component_must_be_named(phone):
    for number, slug in enumerate(("dashboard", "lockboxes")):
        phone.text(f"{phone.codes[number]} investigating {slug}")
        phone.text("YES")
    assert "Several incidents are open" in phone.text(f"{phone.codes[2]} resolved")
    assert "Lockboxes is down (resolved)" in phone.text(f"{phone.codes[2]} resolved lock")


def test_when_somebody_else_posted_meanwhile_nothing_is_published(phone):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    phone.text("YES")
    (incident,) = phone.opened()
    phone.text(f"{phone.codes[1]} resolved")
    with phone.database.transaction() as session:
        post_update(session, incident.id, words(IncidentStatus.IDENTIFIED), now=phone.now)
    assert "Somebody posted" in phone.text("YES")
    assert len(phone.opened()) == 1


def test_a_repeated_call_of_the_provider_publishes_once(phone):
    phone.text(f"{phone.codes[0]} investigating dashboard")
    assert phone.text("YES", sid="SMyes").startswith("Published")
    assert phone.text("YES", sid="SMyes") in ("", "403")
    assert len(phone.opened()) == 1


def test_a_shut_account_and_a_dropped_number_publish_nothing(phone):
    with phone.database.transaction() as session:
        drop_posting_number(session, phone.account, now=NOW)
    assert phone.text(f"{phone.codes[0]} investigating dashboard") == ""
    with phone.database.transaction() as session:
        save_posting_number(session, VAULT, phone.account, ON_CALL, now=NOW)
        disable_account(session, "tess@mls.example", now=NOW)
    assert phone.text(f"{phone.codes[0]} investigating dashboard") == ""


def test_a_drill_is_never_mistaken_for_the_outage(phone):
    draft = IncidentDraft("Rehearsal", words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE}), is_drill=True)
    with phone.database.transaction() as session:
        drill = open_incident(session, draft, now=NOW)
    assert "NEW on" in phone.text(f"{phone.codes[0]} investigating dashboard")
    phone.text("YES")
    with phone.database.read() as session:
        assert len(the_incident(session, drill.id).updates) == 1


class TestThePage:
    """Where somebody registers their telephone and prints their codes."""

    @pytest.fixture
    def console(self, sqlite_url):
        console = Console(Database.open(sqlite_url))
        yield console
        console.database.close()

    def test_it_takes_a_number_and_shows_only_its_end(self, console):
        browser = console.signed_in()
        answer = browser.post("/admin/posting-by-text/number", data={"address": "202-555-0199"})
        page = text_of(browser.get(answer.headers["location"]).text)
        assert "You publish from •••• 0199." in page
        with console.database.read() as session:
            (row,) = session.exec(select(PostingNumberRow)).all()
        assert b"0199" not in row.number_cipher

    def test_what_is_no_number_is_kept_and_explained(self, console):
        answer = console.signed_in().post("/admin/posting-by-text/number", data={"address": "call me"})
        assert answer.status_code == 422
        assert 'value="call me"' in answer.text

    def test_two_people_cannot_have_one_number(self, console):
        console.hire("cal@mls.example", Role.COMMANDER)
        console.signed_in().post("/admin/posting-by-text/number", data={"address": "202-555-0199"})
        answer = console.signed_in("cal@mls.example").post(
            "/admin/posting-by-text/number", data={"address": "+1 202 555 0199"}
        )
        assert "belongs to another person" in answer.text

    def test_codes_are_shown_once_and_a_used_one_asks_for_new_ones(self, console):
        browser = console.signed_in()
        page = browser.post("/admin/posting-by-text/codes").text
        (code, *others) = html.fromstring(page).xpath("//ol//code/text()")
        assert len(others) == 9
        assert code not in browser.get("/admin/posting-by-text").text
        with console.database.transaction() as session:
            account = account_by_email(session, TESS)
            row = find_posting_code(session, VAULT, account.id, code)
            use_posting_code(session, row, "investigating: Member dashboard is down", now=NOW)
        page = text_of(browser.get("/admin/posting-by-text").text)
        assert "1 of 10 codes was used. Print new ones" in page
        assert "investigating: Member dashboard is down" in page
        browser.post("/admin/posting-by-text/codes")
        assert "All 10 codes of your last print are unused." in text_of(browser.get("/admin/posting-by-text").text)

    def test_new_codes_are_given_only_to_somebody_who_is_surely_there(self, console):
        browser = console.signed_in()
        console.time.pass_by(minutes=20)
        browser.post("/admin/posting-by-text/codes")
        with console.database.read() as session:
            assert session.exec(select(PostingCodeRow)).all() == []

    def test_a_number_can_be_removed(self, console):
        browser = console.signed_in()
        browser.post("/admin/posting-by-text/number", data={"address": "202-555-0199"})
        browser.post("/admin/posting-by-text/number/removal")
        assert "You have no number yet" in text_of(browser.get("/admin/posting-by-text").text)
