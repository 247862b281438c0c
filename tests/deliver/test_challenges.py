"""A program proves that it is its owner's: by giving the token of a signed challenge back, and by nothing less."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from app.asking import confirmation_writer
from app.commands.subscribers import SignUp, subscribe
from app.domain.channels import Channel
from app.domain.hooks import new_secret, without_secret
from app.domain.sign_ups import SignUpLimits
from app.domain.subscribers import Choices, SubscriptionStatus
from app.engine import Engine
from app.outside import Confirming
from app.publish.publisher import Publisher
from app.queueing import enqueue_confirmations
from app.store.consents import consents_of
from app.store.signed_links import Links
from app.store.subscribers import SubscriptionRow, key_of, subscription_row
from app.worker import Channels, Worker
from notifiers.http import GuardedClient
from notifiers.statuspage_webhook import StatuspageWebhook
from notifiers.webhook import SignedWebhook
from tests.commands.sign_ups import VAULT
from tests.commands.world import build
from tests.deliver.world import compose, now
from tests.doubles.receiver import Received, Receiver, receiving

pytestmark = pytest.mark.slow

LINKS = Links(VAULT, "https://status.example")


class Program(Receiver):
    """A receiver that answers challenges: it checks the signature first where it knows the secret."""

    secret = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The token, when the challenge is signed as it should be; else 403."""
        came = Received(request.path, dict(request.headers), await request.read())
        self.received.append(came)
        told = json.loads(came.body)
        if self.secret:
            told = Webhook(self.secret).verify(came.body, dict(came.headers))
        found = told.get("data") or told["challenge"]
        return web.json_response({"token": found["token"]})


@pytest.fixture
def program(tmp_path, monkeypatch) -> Iterator[Receiver]:
    monkeypatch.setattr("tests.doubles.receiver.Receiver", Program)
    with receiving(tmp_path) as receiver:
        yield receiver


@pytest.fixture
def plain(tmp_path) -> Iterator[Receiver]:
    with receiving(tmp_path) as receiver:
        yield receiver


def run(database, receiver: Receiver, until: Callable[[], bool]) -> None:
    """Let a worker work that may reach this receiver alone."""
    client = receiver.guard(timeout=2.0)
    notifiers = {
        "webhook": SignedWebhook(GuardedClient(client)),
        "statuspage_webhook": StatuspageWebhook(GuardedClient(client)),
    }
    engine = Engine(database)
    engine.prepare()
    database.before_commit.append(enqueue_confirmations(engine))
    publisher = Publisher(database, [], lambda _: [], public_url="https://status.example", owner="one", clock=now)
    write = confirmation_writer(database, "https://status.example")
    worker = Worker(
        database,
        engine,
        publisher,
        clock=now,
        channels=Channels(notifiers, compose, confirming=Confirming(LINKS, write)),
    )
    worker.start()
    try:
        worker.sweep(timedelta(0))
        give_up = time.monotonic() + 15
        while not until() and time.monotonic() < give_up:
            time.sleep(0.05)
    finally:
        worker.stop()


def sign_up(database, address: str, channel: Channel, secret: str = "") -> int:
    with database.transaction() as session:
        build(session)
        asked = SignUp(channel, address, Choices(), "Tell me.", secret=secret)
        return subscribe(session, VAULT, asked, SignUpLimits(), now=now())


def row_of(database, subscription_id: int) -> SubscriptionRow:
    with database.read() as session:
        row = subscription_row(session, subscription_id)
        assert row is not None
        session.expunge(row)
        return row


def test_a_program_that_gives_the_token_back_is_subscribed_with_its_secret(database, program):
    secret, address = new_secret(), program.url()
    type(program).secret = secret
    found = sign_up(database, address, Channel.WEBHOOK, secret)
    run(database, program, lambda: row_of(database, found).status == SubscriptionStatus.ACTIVE)
    row = row_of(database, found)
    assert row.status == SubscriptionStatus.ACTIVE
    assert without_secret(VAULT.open(row.address_cipher)) == (address, secret)
    with database.read() as session:
        assert [entry.means for entry in consents_of(session, key_of(row))] == ["web_form", "challenge"]
    told = json.loads(program.received[0].body)
    assert told["type"] == "subscription.challenge"
    assert told["data"]["confirm_url"].startswith("https://status.example/subscribe/confirmation/")


def test_a_program_that_knows_another_secret_does_not_confirm_a_strangers_sign_up(database, program):
    type(program).secret = new_secret()
    found = sign_up(database, program.url(), Channel.WEBHOOK, new_secret())
    run(database, program, lambda: bool(program.received))
    assert row_of(database, found).status == SubscriptionStatus.PENDING


def test_a_receiver_of_statuspages_shape_proves_itself_the_same_way(database, program):
    type(program).secret = ""
    found = sign_up(database, program.url(), Channel.STATUSPAGE)
    run(database, program, lambda: row_of(database, found).status == SubscriptionStatus.ACTIVE)
    assert row_of(database, found).status == SubscriptionStatus.ACTIVE
    assert json.loads(program.received[0].body)["meta"]["unsubscribe"] == LINKS.stop(found)


def test_a_receiver_that_only_says_ok_is_not_subscribed(database, plain):
    found = sign_up(database, plain.url(), Channel.WEBHOOK, new_secret())
    run(database, plain, lambda: bool(plain.received))
    assert row_of(database, found).status == SubscriptionStatus.PENDING
