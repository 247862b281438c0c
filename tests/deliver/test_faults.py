"""A provider that misbehaves over a real connection: nobody is lost, nobody is told twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.deliver.dispatcher import Timing
from app.store.session import Database
from tests.deliver.desk import Desk, open_desk
from tests.deliver.world import deliveries, outcomes, prepare, say
from tests.doubles.http_notifier import HttpNotifier
from tests.doubles.provider import RunningProvider, running_provider

AUDIENCE = 120
TIMING = Timing(call=timedelta(seconds=1.5), lease=timedelta(seconds=3), ask_after=timedelta(seconds=0.3))


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def desk(database: Database, provider: RunningProvider) -> Iterator[Desk]:
    provider.forget()
    with open_desk(database, HttpNotifier("sms", provider.url, seconds=1.0), timing=TIMING) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize(
    "mode",
    ["429", "500", "reset", "accepted_timeout", "accepted_reset", "accepted_500", "wrong_body", "drip"],
)
def test_it_gets_through_a_provider_that_misbehaves(
    database: Database, desk: Desk, provider: RunningProvider, mode: str
) -> None:
    prepare(database, AUDIENCE)
    _, notice_id = say(database)
    provider.be(mode, share=0.3)
    desk.send(notice_id, seconds=3)
    provider.be("well")
    desk.drain(40)
    counts = provider.log()["counts"]
    assert outcomes(database) == {"sent": AUDIENCE}
    assert len(counts) == AUDIENCE
    assert set(counts.values()) == {1}


@pytest.mark.parametrize(("mode", "ended"), [("permanent", "failed"), ("opted_out", "suppressed")])
def test_a_refusal_for_good_ends_those_alone_and_is_not_repeated(
    database: Database, desk: Desk, provider: RunningProvider, mode: str, ended: str
) -> None:
    prepare(database, AUDIENCE)
    _, notice_id = say(database)
    provider.be(mode, share=0.3)
    desk.send(notice_id)
    provider.be("well")
    desk.drain(5)
    found = outcomes(database)
    assert set(found) == {"sent", ended}
    assert sum(found.values()) == AUDIENCE
    assert len(provider.log()["counts"]) == found["sent"]
    assert {row.attempts for row in deliveries(database)} == {1}
