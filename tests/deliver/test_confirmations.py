"""A sign-up is asked once, by the channel it named, in its language; and a crash never asks twice."""

import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from app.asking import confirmation_writer
from app.commands.subscribers import SignUp, confirm, subscribe
from app.deliver.confirmations import send_owed_confirmations
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.sign_ups import SignUpLimits
from app.domain.subscribers import Choices, SubscriptionStatus
from app.engine import Engine
from app.outside import Confirming
from app.publish.confirmation_messages import code_words
from app.publish.language import LANGUAGES, Language
from app.publish.publisher import Publisher
from app.publish.sms_text import is_gsm, segments
from app.queueing import enqueue_confirmations
from app.store.signed_links import Links
from app.store.subscribers import subscription_row
from app.worker import Channels, Worker
from notifiers.base import Notice, NullNotifier
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT
from tests.commands.world import build
from tests.deliver.world import compose, now

LINKS = Links(VAULT, "https://status.example")


@pytest.fixture(autouse=True)
def world(database) -> None:
    with database.transaction() as session:
        build(session)


def sign_up(database, address: str = NUMBER, channel: Channel = Channel.SMS, language: str = "en") -> int:
    asked = SignUp(channel, address, Choices(language=language), "Tell me.")
    with database.transaction() as session:
        return subscribe(session, VAULT, asked, SignUpLimits(), now=now())


def test_what_was_handed_over_once_is_not_handed_over_again(database):
    sign_up(database)
    sent = []
    with pytest.raises(ConnectionError):
        send_owed_confirmations(database, LINKS, fail, now=now())
    assert send_owed_confirmations(database, LINKS, sent.append, now=now()) == 0
    sign_up(database)
    assert send_owed_confirmations(database, LINKS, sent.append, now=now()) == 1
    assert [item.address for item in sent] == [NUMBER]


def fail(_confirmation) -> None:
    raise ConnectionError


@pytest.fixture
def tray(database) -> Iterator[list[tuple[str, Notice]]]:
    """What a running worker sends on this database."""
    kept: list[tuple[str, Notice]] = []
    notifiers = {name: NullNotifier(name, lambda *item: kept.append(item)) for name in ("sms", "email")}
    engine = Engine(database)
    engine.prepare()
    database.before_commit.append(enqueue_confirmations(engine))
    publisher = Publisher(database, [], lambda _: [], public_url="https://status.example", owner="one", clock=now)
    channels = Channels(notifiers, compose, confirming=Confirming(LINKS, confirmation_writer(database)))
    worker = Worker(database, engine, publisher, clock=now, channels=channels)
    worker.start()
    yield kept
    worker.stop()


def test_the_worker_asks_by_text_and_by_mail(database, tray):
    by_text = sign_up(database)
    sign_up(database, MAILBOX, Channel.EMAIL, "es")
    wait_until(lambda: len(tray) == 2)
    kept = dict(tray)
    text, mail = kept["sms"], kept["email"]
    assert (text.address, text.subject) == (NUMBER, "")
    assert (mail.address, "Confirme" in mail.subject) == (MAILBOX, True)
    assert "https://status.example/es/subscribe/confirmation/" in mail.text
    assert mail.html.count("https://status.example/es/subscribe/confirmation/") == 2
    code = text.text.partition("code is ")[2][:6]
    with database.transaction() as session:
        assert confirm(session, VAULT, by_text, code, Means.SMS_CODE, now=now())
        assert subscription_row(session, by_text).status == SubscriptionStatus.ACTIVE


def wait_until(is_so, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_with_the_code_is_one_segment(language):
    words = code_words(Language(language, ZoneInfo("UTC")), "Harbor & Pines MLS of the Lakes", "042137").text
    assert "042137" in words
    assert is_gsm(words)
    assert segments(words) == 1
