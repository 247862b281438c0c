"""The whole way of a text: from the update to the provider's log, in the words that members get."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.commands.subscriber_records import change_keys
from app.publish.freeze import Freezer
from app.publish.letters import Composer
from app.publish.snapshot import PublicSnapshot
from app.store.deliveries import BatchRow, DeliveryRow
from app.store.session import Database
from app.store.signed_links import Links
from app.store.subscribers import SubscriptionRow
from app.store.vault import Vault
from notifiers.base import Notice
from notifiers.sms import Sender, TwilioSms
from tests.deliver.desk import Script, open_desk
from tests.deliver.world import now, outcomes, prepare, say
from tests.doubles.twilio import ACCOUNT, NUMBER, TOKEN, Behaviour, FakeTwilio, fake_twilio, refusing

PUBLIC_URL = "https://hpmls-status.example"
STATUS_URL = f"{PUBLIC_URL}/hooks/twilio/status"
MEMBERS = ("+12025550101", "+12025550102", "+12025550103")
VAULT = Vault("a secret key of the tests, long enough")


@pytest.fixture
def twilio() -> Iterator[tuple[FakeTwilio, TwilioSms]]:
    with fake_twilio() as (fake, url):
        yield fake, TwilioSms(ACCOUNT, TOKEN, Sender(NUMBER), status_url=STATUS_URL, api_url=url, timeout=1.0)


@pytest.fixture
def composer(database: Database) -> Composer:
    """Writes to three members, whose numbers are sealed as they are in a real installation."""
    prepare(database, len(MEMBERS))
    with database.transaction() as session:
        for number, address in enumerate(MEMBERS, 1):
            sealed = sa.update(SubscriptionRow).where(sa.column("id") == number)
            session.execute(sealed.values(address_cipher=VAULT.seal(address)))

    def snapshot() -> PublicSnapshot:
        with database.read() as session:
            return Freezer(PUBLIC_URL).freeze(session, datetime.now(UTC))

    return Composer(snapshot, Links(VAULT, PUBLIC_URL))


def sent(database: Database, channel: TwilioSms, composer: Composer) -> dict[str, int]:
    """Say that the dashboard is down, and send until nothing is owed; how the deliveries ended."""
    _, notice_id = say(database)
    with open_desk(database, channel, compose=composer) as desk:
        desk.send(notice_id)
    asyncio.run(channel.close())
    return outcomes(database, notice_id)


def test_every_member_gets_the_words_once(database, twilio, composer):
    fake, channel = twilio
    assert sent(database, channel, composer) == {"sent": 3}
    assert sorted(str(message["to"]) for message in fake.messages) == sorted(MEMBERS)
    assert len({str(message["body"]) for message in fake.messages}) == 1
    assert str(fake.messages[0]["body"]).endswith("Txt STOP to end")
    callbacks = {request["StatusCallback"] for request in fake.requests}
    assert callbacks == {f"{STATUS_URL}?delivery={number}" for number in (1, 2, 3)}


def test_a_text_whose_answer_was_lost_is_found_in_the_log_and_not_sent_again(database, twilio, composer):
    fake, channel = twilio
    fake.behaviours = {MEMBERS[0]: Behaviour(drops=True), MEMBERS[1]: Behaviour(status=503, code=20503)}
    assert sent(database, channel, composer) == {"sent": 3}
    assert sorted(str(message["to"]) for message in fake.messages) == sorted(MEMBERS)


def test_a_number_that_cannot_be_texted_fails_alone_and_in_words(database, twilio, composer):
    fake, channel = twilio
    fake.behaviours = {MEMBERS[1]: refusing(21614)}
    assert sent(database, channel, composer) == {"sent": 2, "failed": 1}
    assert len(fake.requests) == 3


def test_a_new_secret_key_in_the_middle_of_a_mail_out_loses_nobody(database, composer):
    """The worker starts again with the new key beside the old one, and the addresses move on while it sends."""
    _, notice_id = say(database)
    with open_desk(database, Script(), compose=composer) as desk:
        desk.sending.fan_out(notice_id)
        put_off(database, timedelta(hours=1))
        desk.drain(1)
    assert outcomes(database) == {"sent": 1, "waiting": 2}
    put_off(database, timedelta(0))
    vault = Vault("a newer secret key of the tests, as long", "a secret key of the tests, long enough")
    renewed = Composer(composer._snapshot, Links(vault, PUBLIC_URL))

    def move_on(_: Notice) -> None:
        with database.transaction() as session:
            change_keys(session, vault)

    script = Script(answer=move_on)
    with open_desk(database, script, compose=renewed, per_second={"sms": 4.0}) as desk:  # one at a time
        desk.sending.sweep(timedelta(0))
        desk.drain()
    assert outcomes(database) == {"sent": 3}
    assert sorted(notice.address for notice in script.taken) == sorted(MEMBERS[1:])
    with database.read() as session:
        ciphers = list(session.execute(sa.select(SubscriptionRow.address_cipher)).scalars())
    assert {Vault("a newer secret key of the tests, as long").open(each) for each in ciphers} == set(MEMBERS)


def put_off(database: Database, delay: timedelta) -> None:
    """All deliveries but the first, and their batch, are due that much from now."""
    with database.transaction() as session:
        due_at = now() + delay
        session.execute(sa.update(DeliveryRow).where(sa.column("id") > 1).values(due_at=due_at))
        session.execute(sa.update(BatchRow).values(due_at=now()))


def test_a_message_of_its_own_takes_its_turn_in_the_senders_rate(database):
    script = Script()
    with open_desk(database, script, per_second={"sms": 4.0}) as desk:
        began = time.monotonic()
        for number in range(4):
            desk.sending.send_outside("sms", Notice(str(number), "+12025550101", text="Your code is 042137"))
    assert len(script.taken) == 4
    assert 0.7 < time.monotonic() - began < 5
