"""Answering a page: by key on the telephone, by text, by the link in a mail (R7, R15)."""

from datetime import timedelta

import pytest
from sqlmodel import select
from twilio.request_validator import RequestValidator

from app.commands.call_outs import call_out, tend_call_outs
from app.commands.suspicions import suspect
from app.deliver.pages import LINK
from app.domain.suspicions import Sign, SignKind
from app.store.escalation import open_call_outs
from app.store.pages import PageRow
from app.store.replies import ReplyRow
from app.store.session import Database
from app.web.hooks import HookParts, build_hooks
from tests.commands.duty import man, number_of
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build
from tests.doubles.twiml import read_twiml
from tests.web.consoles import Console, text_of, the_form
from tests.web.sign_up_site import SITE, Client

TOKEN = "the token of the account"
SIGN = Sign(SignKind.CHECK, "probe-1", "The page answers with status 500", NOW, "dashboard")
HAVE_IT = "You have it. Nobody else is called for want of an answer."


class Duty:
    """Twilio's side of the calls about one suspicion."""

    def __init__(self, database: Database) -> None:
        self.database = database
        parts = HookParts(database, VAULT, SITE, twilio_auth_token=TOKEN, clock=lambda: NOW + timedelta(minutes=2))
        self._client = Client(build_hooks(parts), "198.51.100.1")
        with database.transaction() as session:
            self.people = man(session)
            suspect(session, SIGN, now=NOW, on_suspected=call_out)

    def page(self, name: str, way: str) -> str:
        with self.database.read() as session:
            wanted = select(PageRow.id).where(PageRow.person_id == self.people[name], PageRow.by == way)
            return session.exec(wanted).one()

    def post(self, path: str, signed_by: str = TOKEN, **form: str):
        signature = RequestValidator(signed_by).compute_signature(SITE + path, form)
        return self._client.post(path, data=form, headers={"x-twilio-signature": signature})

    def press(self, name: str, key: str) -> str:
        path = f"/hooks/twilio/calls/answer?page={self.page(name, 'phone')}"
        return " ".join(said.text for said in read_twiml(self.post(path, Digits=key).content).iter("Say"))

    def text(self, sender: str, words: str, sid: str = "SM1"):
        return self.post("/hooks/twilio/message", MessageSid=sid, From=sender, Body=words)

    def is_answered(self) -> bool:
        with self.database.read() as session:
            return open_call_outs(session)[0].answered_at is not None


@pytest.fixture
def duty(database: Database) -> Duty:
    with database.transaction() as session:
        build(session)
    return Duty(database)


def test_a_key_takes_it(duty: Duty) -> None:
    assert duty.press("Tess", "1") == HAVE_IT
    assert duty.is_answered()
    assert duty.press("Ines", "1") == "Tess is on it already. You are noted as well."


def test_another_key_is_asked_again_and_changes_nothing(duty: Duty) -> None:
    assert duty.press("Tess", "7") == "Press 1 to take it. Press 2 to pass it on."
    assert not duty.is_answered()


def test_two_passes_it_on(duty: Duty) -> None:
    assert duty.press("Tess", "2") == "Passed on. Lupe is called now."
    assert not duty.is_answered()


def test_a_key_that_twilio_did_not_sign_is_refused(duty: Duty) -> None:
    path = f"/hooks/twilio/calls/answer?page={duty.page('Tess', 'phone')}"
    assert duty.post(path, signed_by="another", Digits="1").status_code == 403
    assert duty.post("/hooks/twilio/calls/answer?page=unknown", Digits="1").status_code == 403
    assert not duty.is_answered()


def test_how_the_call_ended_is_kept_for_the_log(duty: Duty) -> None:
    page_id = duty.page("Tess", "phone")
    assert duty.post(f"/hooks/twilio/calls/status?page={page_id}", CallStatus="no-answer").status_code == 204
    with duty.database.read() as session:
        assert session.get_one(PageRow, page_id).words == "No answer"


@pytest.mark.parametrize("words", ["1", "Ack", "on it!"])
def test_a_reply_to_the_text_takes_it_once(duty: Duty, words: str) -> None:
    assert HAVE_IT in duty.text(number_of("Tess"), words).text
    assert duty.is_answered()
    assert duty.text(number_of("Tess"), words).status_code == 403, "the same message again"


def test_the_same_words_from_a_member_are_a_member_s_reply(duty: Duty) -> None:
    assert duty.text("+12025550777", "1").status_code == 200
    assert not duty.is_answered()
    with duty.database.read() as session:
        assert len(session.exec(select(ReplyRow)).all()) == 1


def test_stop_from_somebody_on_duty_is_stop(duty: Duty) -> None:
    duty.text(number_of("Tess"), "STOP")
    assert not duty.is_answered()
    with duty.database.read() as session:
        assert [row.meaning for row in session.exec(select(ReplyRow))] == ["stop"]


def test_the_link_shows_and_does_nothing_and_its_button_answers_without_a_sign_in(database: Database) -> None:
    console = Console(database)
    duty = Duty(database)
    page_id = duty.page("Tess", "sms")
    link = f"/admin/pages/{page_id}/{VAULT.signature(LINK, page_id)}"
    browser = console.browser()
    shown = browser.get(link)
    assert "Tess, you are called" in text_of(shown.text)
    assert not duty.is_answered()
    answered = browser.post(link, data=the_form(shown.text, link) | {"answer": ["take"]})
    assert HAVE_IT in text_of(answered.text)
    assert duty.is_answered()
    with database.transaction() as session:
        assert tend_call_outs(session, now=NOW + timedelta(minutes=12)) == 0


def test_a_link_that_was_not_signed_here_shows_nothing(database: Database) -> None:
    console = Console(database)
    page_id = Duty(database).page("Tess", "sms")
    assert console.browser().get(f"/admin/pages/{page_id}/AAAAAAAAAAAAAAAA").status_code == 404
    assert (
        console.browser().post(f"/admin/pages/{page_id}/AAAAAAAAAAAAAAAA", data={"answer": "take"}).status_code == 404
    )
