"""Mail over SMTP: TLS and a password always, and how far a mail came when the line breaks."""

import asyncio
import smtplib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from ssl import SSLContext, create_default_context

import pytest

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from notifiers.email_smtp import Relay, SmtpEmail, message_of
from tests.doubles.smtp import NAME, USER, MailServer, mail_server

# aiosmtpd warns of a name that it uses itself.
pytestmark = pytest.mark.filterwarnings("ignore:Session.login_data is deprecated")

SENDER = "HPMLS alerts <alerts@hpmls-status.example>"
LEAVE = "https://hpmls-status.example/subscriptions/abc"
NOTICE = Notice(
    "41-7",
    "member@mls.example",
    subject="La puerta de la MLS está cerrada",
    text="No es sólo usted.\n\nSiguiente aviso a las 10:30.",
    html="<p>No es <b>sólo</b> usted.</p>",
    language="es",
    unsubscribe_url=LEAVE,
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as server:
        yield server


def sent(
    server: MailServer, *notices: Notice, relay: Relay | None = None, tls: SSLContext | None = None
) -> list[Outcome]:
    async def run() -> list[Outcome]:
        trust = tls or server.certificate.client_context()
        channel = SmtpEmail(relay or server.relay, SENDER, timeout=4.0, tls=trust)
        try:
            return list(await channel.send(notices))
        finally:
            await channel.close()

    return asyncio.run(run())


def refused(outcome: Outcome) -> DeliveryError:
    assert isinstance(outcome, DeliveryError)
    return outcome


def some_notices(count: int) -> list[Notice]:
    return [replace(NOTICE, delivery_id=f"41-{n}", address=f"member{n}@mls.example") for n in range(count)]


def test_it_hands_over_a_mail_with_a_text_and_an_html_part(server):
    (receipt,) = sent(server, NOTICE)
    message = server.mails[0].message
    assert receipt == Receipt("<delivery-41-7@hpmls-status.example>", is_final=True)
    assert message["Subject"] == NOTICE.subject
    assert message.get_body(("plain",)).get_content().splitlines() == NOTICE.text.splitlines()
    assert message.get_body(("html",)).get_content().strip() == NOTICE.html
    assert message["Content-Language"] == "es"


def test_it_offers_to_unsubscribe_with_one_click(server):
    sent(server, NOTICE)
    message = server.mails[0].message
    assert message["List-Unsubscribe"] == f"<{LEAVE}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_it_copies_the_service_manager(server):
    sent(server, replace(NOTICE, copy_to="manager@mls.example"))
    assert server.mails[0].recipients == ["member@mls.example", "manager@mls.example"]
    assert server.mails[0].message["Cc"] == "manager@mls.example"


def test_it_does_not_keep_a_mail_from_its_member_because_the_copy_was_refused(server):
    server.answers["manager@mls.example"] = "550 no such user"
    assert isinstance(sent(server, replace(NOTICE, copy_to="manager@mls.example"))[0], Receipt)
    assert server.mails[0].recipients == ["member@mls.example"]


def test_it_gives_a_repeated_mail_the_same_message_id(server):
    sent(server, NOTICE, NOTICE)
    assert len({mail.message["Message-ID"] for mail in server.mails}) == 1


def test_it_sends_a_batch_over_one_connection(server):
    assert all(isinstance(outcome, Receipt) for outcome in sent(server, *some_notices(10)))
    assert len(server.mails) == 10
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "remedy", "permanent"),
    [
        ("550 no such user", Remedy.FIX_ADDRESS, True),
        ("551 user not local", Remedy.FIX_ADDRESS, True),
        ("553 mailbox name not allowed", Remedy.FIX_ADDRESS, True),
        ("450 greylisted, come back", Remedy.RETRY, False),
        ("452 mailbox full", Remedy.RETRY, False),
        ("554 not today", Remedy.RETRY, False),
    ],
)
def test_it_answers_for_each_mail_in_its_place(server, answer, remedy, permanent):
    server.answers["member1@mls.example"] = answer
    before, error, after = sent(server, *some_notices(3))
    assert (refused(error).remedy, refused(error).permanent) == (remedy, permanent)
    assert isinstance(before, Receipt)
    assert isinstance(after, Receipt)


@pytest.mark.parametrize(
    "address", ["", "nobody", "@mls.example", "a@mls.example, b@mls.example", "a@mls.example\r\nBcc: b@mls.example"]
)
def test_it_refuses_what_is_not_one_address(server, address):
    error, after = sent(server, replace(NOTICE, address=address), NOTICE)
    assert (refused(error).remedy, refused(error).permanent) == (Remedy.FIX_ADDRESS, True)
    assert isinstance(after, Receipt)


def test_it_puts_no_line_break_into_a_header(server):
    sent(server, replace(NOTICE, subject="Down\r\nBcc: everyone@mls.example"))
    assert server.mails[0].message["Subject"] == "Down Bcc: everyone@mls.example"
    assert server.mails[0].message["Bcc"] is None


def test_it_tries_again_when_the_server_refuses_the_words_for_now(server):
    server.at_the_end = "451 try again"
    assert refused(sent(server, NOTICE)[0]).remedy is Remedy.RETRY


@pytest.mark.parametrize("habit", ["delay", "drops"])
def test_it_neither_repeats_nor_forgets_a_mail_that_was_not_confirmed(server, habit):
    setattr(server, habit, 3.0 if habit == "delay" else True)
    uncertain, unsent = sent(server, *some_notices(2))
    assert refused(uncertain).remedy is Remedy.RECONCILE
    assert refused(unsent).remedy is Remedy.RETRY
    assert len(server.mails) == 1


def test_it_begins_no_mail_that_a_slow_server_would_take_too_late(server):
    server.delay = 0.3
    outcomes = sent(server, *some_notices(10))
    taken = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert 1 <= len(taken) == len(server.mails) < 10
    assert refused(outcomes[-1]).remedy is Remedy.RETRY


def test_it_stops_the_channel_when_the_password_is_wrong(server):
    relay = replace(server.relay, password="wrong")
    assert refused(sent(server, NOTICE, relay=relay)[0]).remedy is Remedy.STOP_CHANNEL


def test_it_gives_no_password_to_a_server_that_it_cannot_trust(server):
    error = refused(sent(server, NOTICE, tls=create_default_context())[0])
    assert error.remedy is Remedy.RETRY
    assert not server.mails


def test_it_says_that_a_server_cannot_be_reached(server):
    error = refused(sent(server, NOTICE, relay=Relay("127.0.0.1", 1))[0])
    assert (error.remedy, error.code) == (Remedy.RETRY, "unreachable")


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example", Relay("mail.example", 587)),
        ("smtps://mail.example", Relay("mail.example", 465, implicit_tls=True)),
        ("smtp://porchlight:a%20b%40c@mail.example:2525", Relay("mail.example", 2525, USER, "a b@c")),
    ],
)
def test_it_reads_the_address_of_a_server(url, relay):
    assert Relay.from_url(url) == relay


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", ""])
def test_it_refuses_the_address_of_no_server(url):
    with pytest.raises(ValueError, match="smtp://"):
        Relay.from_url(url)


def test_its_words_travel_in_seven_bits():
    """Not every server on the way takes eight."""
    assert message_of(NOTICE, SENDER).as_bytes().isascii()


def test_its_double_asks_for_tls_and_a_password(server):
    with smtplib.SMTP(NAME, server.port) as plain:
        assert plain.docmd("MAIL", "FROM:<a@mls.example>")[0] == 530
