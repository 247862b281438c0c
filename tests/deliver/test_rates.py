"""One rate per sender, whoever sends: kept, not exceeded, and urgent words go first."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.deliver.sending import USUAL_RATE
from app.store import rates
from app.store.notices import newest_notices
from app.store.session import Database
from notifiers.base import DeliveryError, Notice, Outcome, Remedy
from tests.deliver.desk import Desk, Script, open_desk
from tests.deliver.world import now, prepare, say


@dataclass
class Watch(Script):
    """Notes when each notice was sent, and what it said."""

    at: list[tuple[float, str]] = field(default_factory=list)

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        self.at += [(time.monotonic(), notice.text) for notice in notices]
        return await super().send(notices)


def drain_in_threads(desk: Desk, count: int) -> list[threading.Thread]:
    """So many lanes, as the engine's slots are."""
    threads = [threading.Thread(target=desk.drain, args=(60,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.slow
def test_several_lanes_keep_one_rate(database: Database) -> None:
    prepare(database, 401)
    _, notice_id = say(database)
    watch = Watch()
    with open_desk(database, watch, per_second={"sms": 100.0}) as desk:
        desk.sending.fan_out(notice_id)
        for thread in drain_in_threads(desk, 3):
            thread.join()
    moments = sorted(at for at, _ in watch.at)
    # The first chunk of 25 is free; the last leaves when the rest has been paid for.
    achieved = (len(moments) - 25) / (moments[-1] - moments[0])
    assert len(moments) == 401
    assert 85 < achieved < 105
    worst = max(sum(begin <= at < begin + 1 for at in moments) for begin in moments)
    assert worst <= 100 + 25 + 5  # a chunk, and what a late thread catches up with


@pytest.mark.slow
def test_urgent_words_overtake_a_running_mail_out(database: Database) -> None:
    prepare(database, 400)
    watch = Watch()
    with open_desk(database, watch, per_second={"sms": 40.0}) as desk:
        with database.transaction() as session:
            start = now() + timedelta(days=2)
            draft = MaintenanceDraft("New servers", "They move.", ["dashboard"], start, start + timedelta(hours=2))
            schedule_maintenance(session, draft, now=now())
            session.execute(sa.text("UPDATE outbox SET generation = 1"))
            bulk = newest_notices(session)[0].id or 0
        desk.sending.fan_out(bulk)
        bulk_lanes = drain_in_threads(desk, 2)
        time.sleep(1.5)
        _, urgent = say(database)
        posted = time.monotonic()
        desk.sending.fan_out(urgent)
        urgent_lanes = drain_in_threads(desk, 2)
        time.sleep(5)
        desk.sending.hush()
        for thread in bulk_lanes + urgent_lanes:
            thread.join()
    before = [at for at, text in watch.at if text == "scheduled" and at < posted]
    bulk_after = [at for at, text in watch.at if text == "scheduled" and at > posted + 1.5]
    urgent_at = [at for at, text in watch.at if text == "investigating"]
    assert before
    assert urgent_at[0] - posted < 5
    assert not bulk_after
    assert len(urgent_at) > 100


def test_a_reservation_is_in_the_transaction_that_makes_it(database: Database) -> None:
    with database.transaction() as session:
        rates.set_sender(session, "sms", 10.0)
    with database.transaction() as session:
        assert rates.reserve(session, "sms", 5) == 0
        session.rollback()
    with database.transaction() as session:
        assert rates.reserve(session, "sms", 5) == 0
        assert 0.3 < rates.reserve(session, "sms", 5) <= 0.5


def test_holding_back_moves_everybody(database: Database) -> None:
    with database.transaction() as session:
        rates.set_sender(session, "sms", 1000.0)
        rates.hold_back(session, "sms", 30)
        assert 29 < rates.sender(session, "sms").wait <= 30
        assert rates.reserve(session, "sms", 1) > 29


def test_a_sender_that_nobody_set_up_has_no_limit(database: Database) -> None:
    with database.transaction() as session:
        found = rates.sender(session, "sms")
        assert (found.per_second, found.wait, found.is_stopped) == (None, 0.0, False)
        assert rates.reserve(session, "sms", 1000) == 0


def test_workers_that_start_together_all_set_their_senders(database: Database) -> None:
    together = threading.Barrier(4)
    failed: list[Exception] = []

    def start() -> None:
        try:
            with database.transaction() as session:
                if not database.is_sqlite:  # there one change waits for another before it begins
                    together.wait(10)
                rates.set_sender(session, "sms", 20.0)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.read() as session:
        assert [row.per_second for row in rates.senders(session)] == [20.0]


def test_the_first_reason_for_stopping_stays_until_somebody_resumes(database: Database) -> None:
    with database.transaction() as session:
        rates.stop_sender(session, "sms", "Not registered.", now())
        rates.stop_sender(session, "sms", "Something else.", now())
        assert rates.sender(session, "sms").is_stopped
    with database.transaction() as session:
        assert rates.resume_sender(session, "sms") == "Not registered."
        assert rates.resume_sender(session, "sms") == ""


@pytest.mark.slow
def test_twenty_a_second_is_twenty_a_second(database: Database) -> None:
    prepare(database, 205)
    _, notice_id = say(database)
    watch = Watch()
    with open_desk(database, watch, per_second={"sms": 20.0}) as desk:
        desk.sending.fan_out(notice_id)
        for thread in drain_in_threads(desk, 2):
            thread.join()
    moments = sorted(at for at, _ in watch.at)
    achieved = (len(moments) - 5) / (moments[-1] - moments[0])  # the first chunk of 5 is free
    assert len(moments) == 205
    assert achieved == pytest.approx(20, rel=0.05)
    worst = max(sum(begin <= at < begin + 1 for at in moments) for begin in moments)
    assert worst <= 20 + 5


@dataclass
class Metered(Script):
    """A provider that says how fast we may send, or cannot be asked."""

    says: float | DeliveryError = 7.0

    async def per_second(self) -> float:
        if isinstance(self.says, DeliveryError):
            raise self.says
        return self.says


@pytest.mark.parametrize(
    ("says", "given", "rate"),
    [
        (7.0, {}, 7.0),
        (7.0, {"sms": 2.0}, 2.0),
        (DeliveryError("Nobody answers.", remedy=Remedy.RETRY), {}, USUAL_RATE),
    ],
    ids=["asked", "given", "away"],
)
def test_a_provider_that_knows_is_asked_how_fast_we_may_send(database, says, given, rate):
    prepare(database, 2)
    with open_desk(database, Metered(says=says), per_second=given), database.read() as session:
        assert [row.per_second for row in rates.senders(session)] == [rate]
