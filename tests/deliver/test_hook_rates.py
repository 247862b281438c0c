"""What one receiver asks for is its own affair: it must not silence the others."""

import time
from datetime import timedelta

import pytest

from app.domain.channels import Channel
from app.store import rates
from app.store.deliveries import batches_owed
from notifiers.base import DeliveryError, Notice, Remedy
from tests.deliver.desk import Script, open_desk
from tests.deliver.world import now, outcomes, prepare, say


@pytest.mark.parametrize("channel", [channel for channel in Channel if not channel.is_personal])
def test_one_receiver_that_is_busy_slows_nobody_else_down(database, channel):
    prepare(database, 60, channel=channel)
    _, notice_id = say(database)
    first: list[str] = []

    def busy(notice: Notice) -> DeliveryError | None:
        first.append(notice.address)
        if notice.address != first[0]:
            return None
        return DeliveryError("Slow down.", remedy=Remedy.RETRY, code="429", retry_after=3600.0)

    with open_desk(database, Script(name=channel, answer=busy)) as desk:
        desk.sending.fan_out(notice_id)
        for _, batch_id, run, _ in list(desk.queue):
            desk.sending.send_batch(batch_id, run)
    with database.read() as session:
        assert rates.sender(session, channel).wait < 60
    assert outcomes(database) == {"sent": 59, "waiting": 1}


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel.is_personal])
def test_a_provider_that_asks_for_an_hour_keeps_no_worker_waiting(database, channel):
    prepare(database, 60, channel=channel)
    _, notice_id = say(database)
    script = Script(name=channel, answer=lambda _: DeliveryError("Busy.", remedy=Remedy.RETRY, retry_after=3600.0))
    with open_desk(database, script) as desk:
        began = time.monotonic()
        desk.sending.fan_out(notice_id)
        ((_, batch_id, run, _),) = desk.queue
        desk.sending.send_batch(batch_id, run)
        assert time.monotonic() - began < 5
        later = desk.queue[-1][0] - time.monotonic()
        # Whoever begins meanwhile hands its batch back at once, untouched.
        _, second = say(database)
        desk.queue.clear()
        desk.sending.fan_out(second)
        ((_, batch_id, run, _),) = desk.queue
        desk.sending.send_batch(batch_id, run)
        assert [due > began + 3500 for due, *_ in desk.queue] == [False, True]
    assert 3500 < later <= 3605
    assert outcomes(database, second) == {"waiting": 60}
    with database.read() as session:
        (row,) = rates.senders(session)
        assert rates.paused_until(row, now()) is not None
        assert len(batches_owed(session, now(), timedelta(0))) == 0


@pytest.mark.parametrize("per_second", [None, 0.05, 20.0])
def test_a_slow_sender_is_not_called_paused(database, per_second):
    with database.transaction() as session:
        rates.set_sender(session, "sms", per_second)
        rates.reserve(session, "sms", 1)
    with database.read() as session:
        (row,) = rates.senders(session)
        assert rates.paused_until(row, now()) is None
