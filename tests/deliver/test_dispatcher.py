"""Sending what is owed: once, in time, to those who still want it, and never twice without asking."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.commands.notices import retry_failed
from app.domain.deliveries import BATCH_SIZE
from app.domain.incidents import IncidentStatus
from app.domain.subscribers import SubscriptionStatus
from app.store.deliveries import AttemptRow, DeliveryRow
from app.store.notices import NoticeRow
from app.store.rates import SenderRow, resume_sender
from app.store.session import Database
from app.store.subscribers import SubscriptionRow
from notifiers.base import DeliveryError, Notice, Remedy
from tests.deliver.desk import Script, open_desk
from tests.deliver.world import deliveries, now, outcomes, prepare, say

BUSY = DeliveryError("Slow down.", remedy=Remedy.RETRY, code="20429", retry_after=0.5)
WRONG = DeliveryError("This is no mobile number.", remedy=Remedy.FIX_ADDRESS, permanent=True, code="21211")
GONE = DeliveryError("They texted STOP.", remedy=Remedy.OPTED_OUT, permanent=True, code="21610")
STOPPED = DeliveryError("The sender is not registered.", remedy=Remedy.STOP_CHANNEL, code="30034")
LOST = DeliveryError("The answer was lost.", remedy=Remedy.RECONCILE, code="timeout")
NO_LOG = DeliveryError("It keeps no log.", remedy=Remedy.RECONCILE, permanent=True)


def first_times(count: int, error: DeliveryError) -> Callable[[Notice], DeliveryError | None]:
    """The error for the first so many tries, then none."""
    left = [error] * count

    def answer(_: Notice) -> DeliveryError | None:
        return left.pop() if left else None

    return answer


def change(database: Database, table: object, **values: object) -> None:
    with database.transaction() as session:
        session.execute(sa.update(table).values(**values))  # type: ignore[arg-type]


def test_everybody_is_told_once(database: Database) -> None:
    prepare(database, 230)
    _, notice_id = say(database)
    script = Script()
    with open_desk(database, script) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": 230}
    assert len({notice.address for notice in script.taken}) == len(script.taken) == 230


def test_the_attempt_is_kept_before_the_provider_is_called(database: Database) -> None:
    prepare(database, 3)
    _, notice_id = say(database)
    kept: list[int] = []

    def look(_: Notice) -> None:
        with database.read() as session:
            kept.append(session.execute(sa.select(sa.func.count(AttemptRow.delivery_id))).scalar_one())

    with open_desk(database, Script(answer=look)) as desk:
        desk.send(notice_id)
    assert kept == [3, 3, 3]


def test_who_opts_out_while_it_is_queued_is_not_told(database: Database) -> None:
    prepare(database, 4)
    _, notice_id = say(database)
    script = Script()
    with open_desk(database, script) as desk:
        desk.sending.fan_out(notice_id)
        with database.transaction() as session:
            row = session.get(SubscriptionRow, 2)
            assert row is not None
            row.status = SubscriptionStatus.OPTED_OUT
        desk.drain()
    assert outcomes(database) == {"sent": 3, "suppressed": 1}
    assert deliveries(database)[1].reason == "opted_out"


def test_a_subscription_that_is_gone_is_not_told(database: Database) -> None:
    prepare(database, 2)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
        with database.transaction() as session:
            session.execute(sa.delete(SubscriptionRow).where(SubscriptionRow.id == 1))  # type: ignore[arg-type]
        desk.drain()
    assert outcomes(database) == {"sent": 1, "suppressed": 1}


def test_quiet_hours_that_outlast_the_notice_suppress_it_unless_urgent_words_may_break_them(
    database: Database,
) -> None:
    prepare(database, 1, quiet_from="00:00", quiet_until="23:59")
    change(database, SubscriptionRow, quiet_from="00:00", quiet_until="23:59")
    _, first = say(database)
    with open_desk(database, Script()) as desk:
        desk.send(first, seconds=2)
        change(database, SubscriptionRow, override_quiet=True)
        _, second = say(database)
        desk.send(second, seconds=2)
    assert outcomes(database, second) == {"sent": 1}
    assert [row.reason for row in deliveries(database, first)] in (["quiet"], [""])  # [""]: the test ran at 23:59


def test_it_tries_again_after_a_passing_fault(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    away = DeliveryError("The provider cannot be reached.", remedy=Remedy.RETRY)
    with open_desk(database, Script(answer=first_times(1, away))) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": 1}
    assert deliveries(database)[0].attempts == 2


def test_a_wrong_address_fails_once_and_in_words_and_is_left_alone(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    script = Script(answer=lambda _: WRONG)
    with open_desk(database, script) as desk:
        desk.send(notice_id)
        _, second = say(database)
        desk.send(second)
    (row,) = deliveries(database)
    assert (row.outcome, row.reason, row.words, row.attempts) == ("failed", "21211", WRONG.message, 1)
    with database.read() as session:
        assert session.execute(sa.select(SubscriptionRow.status)).scalar_one() == SubscriptionStatus.BOUNCED


def test_an_opt_out_at_the_provider_is_an_opt_out_here(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    with open_desk(database, Script(answer=lambda _: GONE)) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"suppressed": 1}
    with database.read() as session:
        assert session.execute(sa.select(SubscriptionRow.status)).scalar_one() == SubscriptionStatus.OPTED_OUT


def test_being_told_to_slow_down_holds_the_whole_sender_back(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    with open_desk(database, Script(answer=first_times(1, BUSY))) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": 1}
    with database.read() as session:
        assert session.execute(sa.select(SenderRow.free_at)).scalar_one() > 0


def test_a_sender_that_may_not_send_stops_and_says_why_and_goes_on_when_it_is_mended(database: Database) -> None:
    prepare(database, 60)
    _, notice_id = say(database)
    script = Script(answer=lambda _: STOPPED)
    with open_desk(database, script) as desk:
        desk.send(notice_id, seconds=1.5)
        with database.read() as session:
            row = session.get(SenderRow, "sms")
            assert row is not None
            assert row.stopped_because == STOPPED.message
        assert outcomes(database) == {"waiting": 60}
        script.answer = lambda _: None
        with database.transaction() as session:
            resume_sender(session, "sms")
        change(database, DeliveryRow, due_at=now())
        desk.drain(20)
    assert outcomes(database) == {"sent": 60}


def test_a_lost_answer_is_looked_for_and_not_sent_again(database: Database) -> None:
    prepare(database, 5)
    _, notice_id = say(database)
    script = Script(answer=lambda _: LOST, takes_it_anyway=True)
    with open_desk(database, script) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": 5}
    assert len(script.taken) == len(script.asked) == 5


def test_what_the_provider_never_got_is_sent_again_after_it_was_asked(database: Database) -> None:
    prepare(database, 5)
    _, notice_id = say(database)
    script = Script(answer=first_times(5, LOST))
    with open_desk(database, script) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": 5}
    assert len(script.taken) == len(script.asked) == 5
    assert {row.attempts for row in deliveries(database)} == {2}


def test_where_nobody_can_say_it_is_not_sent_again(database: Database) -> None:
    prepare(database, 1)
    _, notice_id = say(database)
    script = Script(answer=lambda _: LOST, cannot_be_asked=NO_LOG)
    with open_desk(database, script) as desk:
        desk.send(notice_id)
        with database.transaction() as session:
            assert retry_failed(session, notice_id, now=now()) == 0
    (row,) = deliveries(database)
    assert (row.outcome, row.reason, row.attempts) == ("failed", "unconfirmed", 1)


def test_it_is_down_is_never_told_after_it_is_working(database: Database) -> None:
    prepare(database, BATCH_SIZE + 100)
    incident, down = say(database)
    script = Script()
    with open_desk(database, script) as desk:
        desk.sending.fan_out(down)
        desk.sending.send_batch(*desk.queue.pop(0)[1:3])
        _, working = say(database, incident, status=IncidentStatus.RESOLVED)
        desk.sending.fan_out(working)
        desk.drain()
    assert outcomes(database, down) == {"sent": BATCH_SIZE, "expired": 100}
    assert outcomes(database, working) == {"sent": BATCH_SIZE + 100}
    assert {row.reason for row in deliveries(database, down) if row.outcome == "expired"} == {"superseded"}
    words = [notice.text for notice in script.taken]
    assert words == sorted(words)  # "investigating" comes before "resolved"


def test_a_notice_that_is_too_late_is_not_sent(database: Database) -> None:
    prepare(database, 3)
    _, notice_id = say(database)
    script = Script()
    with open_desk(database, script) as desk:
        desk.sending.fan_out(notice_id)
        change(database, NoticeRow, expires_at=now())
        desk.drain()
    assert outcomes(database) == {"expired": 3}
    assert script.taken == []


def test_failed_ones_can_be_tried_again(database: Database) -> None:
    prepare(database, 2)
    _, notice_id = say(database)
    script = Script(answer=first_times(2, WRONG))
    with open_desk(database, script) as desk:
        desk.send(notice_id)
        assert outcomes(database) == {"failed": 2}
        change(database, SubscriptionRow, status=SubscriptionStatus.ACTIVE)
        with database.transaction() as session:
            assert retry_failed(session, notice_id, now=now()) == 2
            ((batch_id, run, _),) = session.info["batches"]
        desk.sending.send_batch(batch_id, run)
    assert outcomes(database) == {"sent": 2}


def test_after_a_bug_in_a_notifier_it_asks_before_it_sends_again(database: Database) -> None:
    prepare(database, 3)
    _, notice_id = say(database)
    script = Script()

    def break_once(_: Notice) -> None:
        if not script.asked:
            raise RuntimeError("a bug in the notifier")

    script.answer = break_once
    with open_desk(database, script) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": 3}
    assert len(script.asked) == len(script.taken) == 3


def test_the_sweep_queues_what_was_lost_and_only_that(database: Database) -> None:
    prepare(database, 500)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.sending.fan_out(notice_id)
        lost = desk.queue.pop(0)
        assert desk.sending.sweep(timedelta(0)) == 1
        assert desk.queue[-1][1:3] == (lost[1], lost[2] + 1)
        desk.sending.send_batch(lost[1], lost[2])  # the lost one turns up after all, and has nothing to do
        assert outcomes(database) == {"waiting": 500}
        desk.drain()
    assert outcomes(database) == {"sent": 500}


@pytest.mark.parametrize("count", [1, 49, 50, 51, 200, 201])
def test_no_size_of_audience_loses_anybody(database: Database, count: int) -> None:
    prepare(database, count)
    _, notice_id = say(database)
    with open_desk(database, Script()) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": count}
