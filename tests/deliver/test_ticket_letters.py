"""Letters to members with a ticket: in their language and on their channel, with the copy, by the running worker."""

import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from app.asking import letter_writer
from app.commands.accounts import add_account
from app.commands.copies import keep_service_manager
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.tickets import merge, open_ticket, reply, take_on
from app.deliver.ticket_letters import LetterToSend
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.promises import Day
from app.domain.reports import Source
from app.domain.tickets import LetterKind, TicketDraft, share_times
from app.engine import Engine
from app.outside import Answering
from app.publish.language import Language
from app.publish.publisher import Publisher
from app.publish.sms_text import is_gsm, segments
from app.publish.ticket_messages import screen_share_words
from app.queueing import enqueue_confirmations
from app.worker import Channels, Worker
from notifiers.base import Notice, NullNotifier
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT
from tests.commands.world import NOW, build, words
from tests.deliver.world import compose, now

PAGE = "https://status.mls.example"
MANAGER = "manager@mls.example"
CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def tess(database):
    """Somebody at the help desk, whose service manager is copied on everything."""
    with database.transaction() as session:
        build(session)
        keep_service_manager(session, VAULT, MANAGER, now=NOW)
        return add_account(session, "tess@mls.example", "Tess", Role.HELP_DESK, "gravel otter teapot", now=now())


@pytest.fixture
def tray(database, tess) -> Iterator[list[tuple[str, Notice]]]:
    """What a running worker sends on this database."""
    kept: list[tuple[str, Notice]] = []
    engine = Engine(database)
    engine.prepare()
    database.before_commit.append(enqueue_confirmations(engine))
    publisher = Publisher(database, [], lambda _: [], public_url=PAGE, owner="one", clock=now)
    notifiers = {name: NullNotifier(name, lambda *item: kept.append(item)) for name in ("email", "sms")}
    channels = Channels(notifiers, compose, answering=Answering(VAULT, letter_writer(database, PAGE)))
    worker = Worker(database, engine, publisher, clock=now, channels=channels)
    worker.start()
    yield kept
    worker.stop()


def arrived(tray: list[tuple[str, Notice]], number: int) -> list[tuple[str, Notice]]:
    deadline = time.monotonic() + 30
    while len(tray) < number:
        assert time.monotonic() < deadline, f"only {len(tray)} came"
        time.sleep(0.05)
    return tray[:number]


def written(database, kind: LetterKind, channel: Channel, language: str, *, meant_for: Channel | None = None) -> Notice:
    """One letter as it goes on the wire."""
    letter = LetterToSend(
        "ticket-1",
        kind,
        channel,
        "x",
        language,
        17,
        "dashboard",
        words="Sign out & in <again>.",
        incident="Sign-in down",
        incident_id="4x",
        meant_for=meant_for,
    )
    return letter_writer(database, PAGE)(letter)


@pytest.mark.slow
def test_r10_the_worker_sends_on_it_at_once_by_text_with_the_managers_copy_by_mail(database, tess, tray):
    draft = TicketDraft("forms", Source.MEMBER, channel=Channel.SMS, address=NUMBER, language="es")
    with database.transaction() as session:
        ticket = open_ticket(session, VAULT, draft, now=now())
        take_on(session, ticket.id, tess.id, now=now())
    sent = dict(arrived(tray, 2))
    assert sent["sms"].address == NUMBER
    assert sent["sms"].text == "TMLS T-1: Alguien ya se ocupa: su problema con Contract forms."
    assert (sent["email"].address, sent["email"].subject) == (MANAGER, "Copy: [T-1] Somebody is on it: Contract forms")
    with database.transaction() as session:
        reply(session, VAULT, ticket.id, tess.id, "We have found it.", now=now())
    texts = [notice.text for channel, notice in arrived(tray, 4) if channel == "sms"]
    assert texts[1] == "TMLS T-1: We have found it."


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", [LetterKind.ON_IT, LetterKind.SOLVED])
def test_a_letter_by_text_is_one_segment_in_either_language(database, tess, kind, language):
    text = written(database, kind, Channel.SMS, language).text
    assert (segments(text), is_gsm(text)) == (1, True)
    assert text.endswith(f"{PAGE}/{'es/' if language == 'es' else ''}incidents/4x")


def test_a_mail_says_whose_it_is_and_what_was_typed_is_no_markup(database, tess):
    mail = written(database, LetterKind.REPLY, Channel.EMAIL, "en")
    assert mail.subject == "[T-17] About your trouble with Member dashboard"
    assert "Sign out & in <again>." in mail.text
    assert "&lt;again&gt;" in mail.html
    assert "incidents/4x" not in mail.text
    over = written(database, LetterKind.SOLVED, Channel.EMAIL, "es")
    assert f'<a href="{PAGE}/es/incidents/4x">' in over.html
    assert over.language == "es"


def test_r23_the_copy_says_how_the_member_was_told_and_what(database, tess):
    copy = written(database, LetterKind.REPLY, Channel.EMAIL, "en", meant_for=Channel.SMS)
    assert "The member of ticket T-17 was told by text:" in copy.text
    assert "Sign out & in <again>." in copy.text


def test_r13_an_offer_of_a_screen_share_fits_an_answer_in_either_language():
    for code in ("en", "es"):
        said = screen_share_words(Language(code, CHICAGO), share_times(NOW, Day("America/Chicago")))
        assert len(said) <= 400
        assert said.count(";") == 2


def test_who_hears_the_end_is_led_to_the_incident(database, tess):
    with database.transaction() as session:
        draft = TicketDraft("forms", Source.MEMBER, channel=Channel.EMAIL, address=MAILBOX)
        ticket = open_ticket(session, VAULT, draft, now=NOW)
        incident = open_incident(session, IncidentDraft("Forms down", words()), now=NOW)
        assert merge(session, VAULT, ticket.id, tess.id, incident.id, now=NOW).incident_id == incident.id
