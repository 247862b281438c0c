"""The whole way of a text: from the update to the provider's log, in the words that members get."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from app.publish.freeze import Freezer
from app.publish.letters import Composer
from app.publish.snapshot import PublicSnapshot
from app.store.session import Database
from app.store.signed_links import Links
from app.store.subscribers import SubscriptionRow
from app.store.vault import Vault
from notifiers.sms import Sender, TwilioSms
from tests.deliver.desk import open_desk
from tests.deliver.world import outcomes, prepare, say
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
