"""One message for everybody, one notice for each subscriber."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from app.domain.channels import Channel
from app.domain.deliveries import State
from app.domain.errors import UnavailableError
from app.domain.hooks import new_secret, with_secret, without_secret
from app.publish.freeze import Freezer
from app.publish.letters import Composer
from app.publish.snapshot import PublicSnapshot
from app.store.chunks import Claimed
from app.store.notices import NoticeRow
from app.store.session import Database
from app.store.signed_links import STOP, Links
from app.store.vault import Vault
from tests.deliver.world import prepare, say

VAULT = Vault("a secret key of the tests, long enough")
LINKS = Links(VAULT, "https://hpmls-status.example")


@pytest.fixture
def notice(database: Database) -> NoticeRow:
    prepare(database)
    say(database)
    with database.read() as session:
        row = session.exec(select(NoticeRow)).one()
        session.expunge(row)
        return row


@pytest.fixture
def snapshot(database: Database, notice: NoticeRow) -> PublicSnapshot:
    with database.read() as session:
        return Freezer("https://hpmls-status.example").freeze(session, datetime.now(UTC))


def claimed(number: int, channel: Channel, address: str = "member@mls.example", language: str = "en") -> Claimed:
    return Claimed(
        delivery_id=number,
        state=State.WAITING,
        attempts=0,
        subscription_id=number,
        status="active",
        takes_programme=True,
        is_held=False,
        quiet_from="",
        quiet_until="",
        override_quiet=False,
        language=language,
        cipher=VAULT.seal(address),
        channel=channel.value,
    )


def test_it_writes_to_each_subscriber_with_links_of_their_own(notice, snapshot):
    compose = Composer(lambda: snapshot, LINKS)
    first, second = (compose(notice, claimed(n, Channel.EMAIL, f"member{n}@mls.example")) for n in (1, 2))
    assert (first.delivery_id, first.address) == ("1", "member1@mls.example")
    assert LINKS.subscription_of(STOP, first.unsubscribe_url.rpartition("/")[2]) == 1
    assert first.unsubscribe_url in first.text
    assert second.unsubscribe_url not in first.text
    assert first.subject == second.subject


def test_it_makes_a_message_once_for_everybody(notice, snapshot):
    asked: list[int] = []
    compose = Composer(lambda: asked.append(1) or snapshot, LINKS)  # type: ignore[func-returns-value]
    for number in range(1, 50):
        compose(notice, claimed(number, Channel.SMS, f"+1202555{number:04d}"))
    assert len(asked) == 1


def test_it_writes_to_everybody_in_their_own_language(notice, snapshot):
    compose = Composer(lambda: snapshot, LINKS)
    assert compose(notice, claimed(1, Channel.SMS)).text.endswith("Txt STOP to end")
    assert compose(notice, claimed(2, Channel.SMS, language="es")).text.endswith("STOP para salir")
    assert compose(notice, claimed(3, Channel.SMS, language="xx")).text.endswith("Txt STOP to end")
    assert "/es/subscribe/" in compose(notice, claimed(4, Channel.EMAIL, language="es")).unsubscribe_url


def test_it_gives_webhooks_facts_their_own_links_and_their_secret(notice, snapshot):
    compose, sealed = Composer(lambda: snapshot, LINKS), with_secret("https://hooks.mls.example/hook", new_secret())
    found = compose(notice, claimed(1, Channel.WEBHOOK, sealed))
    assert (found.address, found.secret) == without_secret(sealed)
    assert found.payload["subscription"]["unsubscribe"] == LINKS.stop(1)


def test_it_gives_chats_no_links_of_anybody(notice, snapshot):
    compose = Composer(lambda: snapshot, LINKS)
    found = compose(notice, claimed(1, Channel.SLACK, "https://hooks.slack.com/services/x"))
    assert (found.unsubscribe_url, found.html) == ("", "")
    assert "subscribe" not in found.text


def test_it_says_which_addresses_cannot_be_read(notice, snapshot):
    compose = Composer(lambda: snapshot, LINKS)
    for cipher in (None, b"not ours"):
        with pytest.raises(UnavailableError):
            compose(notice, replace(claimed(1, Channel.EMAIL), cipher=cipher))
