"""What providers say later: repeated, out of order, and before our own record of the call."""

from itertools import permutations

import pytest

from app.deliver.dead_letters import dead_letters
from app.deliver.reconcile import record_receipt
from app.domain.channels import Channel, Programme
from app.domain.deliveries import Outcome, ReceiptStatus, State
from app.store.progress import audience_counts, progress
from app.store.session import Database
from notifiers.base import DeliveryError, Notice, Remedy
from tests.deliver.desk import Script, open_desk
from tests.deliver.world import deliveries, now, outcomes, prepare, say

WRONG = DeliveryError("This is no mobile number.", remedy=Remedy.FIX_ADDRESS, permanent=True, code="21211")


def receive(database: Database, delivery_id: int, status: ReceiptStatus, sid: str | None = None) -> bool:
    with database.transaction() as session:
        return record_receipt(session, delivery_id, status, now(), provider_id=sid, code="30008", words="Unknown.")


@pytest.mark.parametrize(
    "order", list(permutations([ReceiptStatus.SENT, ReceiptStatus.DELIVERED, ReceiptStatus.ACCEPTED]))
)
def test_receipts_in_any_order_end_alike(database: Database, order: tuple[ReceiptStatus, ...]) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.send(notice_id)
    for status in order + order:
        receive(database, 1, status)
    assert outcomes(database) == {"delivered": 1}


def test_one_that_comes_before_our_own_record_is_kept(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)

    def quick_receipt(notice: Notice) -> None:
        assert receive(database, int(notice.delivery_id), ReceiptStatus.DELIVERED)

    with open_desk(database, Script(answer=quick_receipt)) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"delivered": 1}


def test_one_settles_what_was_unknown(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    lost = DeliveryError("The answer was lost.", remedy=Remedy.RECONCILE)
    silent = DeliveryError("The provider cannot be asked.", remedy=Remedy.RECONCILE)
    with open_desk(database, Script(answer=lambda _: lost, cannot_be_asked=silent)) as desk:
        desk.send(notice_id, seconds=0.5)
        assert outcomes(database) == {"unknown": 1}
        assert receive(database, 1, ReceiptStatus.DELIVERED, "SM1")
    assert outcomes(database) == {"delivered": 1}


def test_one_about_another_message_changes_nothing(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.send(notice_id)
    assert not receive(database, 1, ReceiptStatus.DELIVERED, "SM-of-somebody-else")
    assert not receive(database, 99, ReceiptStatus.DELIVERED)
    assert outcomes(database) == {"sent": 1}


def test_the_board_counts_rows_and_lists_failures_in_words(database: Database) -> None:
    prepare(database, 3)
    _, notice_id = say(database)
    script = Script(answer=lambda notice: WRONG if notice.delivery_id == "2" else None)
    with open_desk(database, script) as desk:
        desk.send(notice_id)
    with database.read() as session:
        counted = {(count.channel, count.state, count.outcome): count.number for count in progress(session, notice_id)}
        (letter,) = dead_letters(session, notice_id)
        assert audience_counts(session, Programme.OUTAGES, ["dashboard"]) == {Channel.SMS: 2}
    assert counted == {
        (Channel.SMS, State.ENDED, Outcome.SENT): 2,
        (Channel.SMS, State.ENDED, Outcome.FAILED): 1,
    }
    assert (letter.subscription_id, letter.words, letter.can_retry) == (2, WRONG.message, True)
    assert sum(counted.values()) == len(deliveries(database))
