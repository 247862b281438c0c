"""What one receiver asks for is its own affair: it must not silence the others."""

import pytest

from app.domain.channels import Channel
from app.store import rates
from notifiers.base import DeliveryError, Notice, Remedy
from tests.deliver.desk import Script, open_desk
from tests.deliver.world import outcomes, prepare, say


@pytest.mark.parametrize("channel", [Channel.WEBHOOK, Channel.SLACK])
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
