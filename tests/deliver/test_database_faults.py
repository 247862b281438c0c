"""Two workers on one PostgreSQL, a database that goes away, and a disk that is full."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.errors import UnavailableError
from app.engine import Engine
from app.queueing import enqueue_notices
from app.store.schema import migrate
from app.store.session import Database
from tests.deliver.desk import QUICK, Script, open_desk
from tests.deliver.test_kill import PATIENCE, victim
from tests.deliver.world import deliveries, outcomes, prepare, say
from tests.doubles.postgres import NO_POSTGRESQL, mortal_postgres
from tests.doubles.provider import running_provider

AUDIENCE = 1500


@pytest.mark.slow
@pytest.mark.postgres
def test_two_workers_share_a_mail_out_and_tell_nobody_twice(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    engine = Engine(database)
    engine.prepare()
    prepare(database, AUDIENCE)
    database.before_commit.append(enqueue_notices(Engine(database)))
    say(database)
    with running_provider() as provider, victim(postgres_url, provider), victim(postgres_url, provider):
        end = time.monotonic() + PATIENCE
        while outcomes(database) != {"sent": AUDIENCE} and time.monotonic() < end:
            time.sleep(0.2)
        counts = provider.log()["counts"]
    assert outcomes(database) == {"sent": AUDIENCE}
    assert len(counts) == AUDIENCE
    assert set(counts.values()) == {1}
    database.close()


@pytest.mark.postgres
def test_connections_that_the_database_cuts_off_lose_nothing(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    prepare(database, 120)
    _, notice_id = say(database)
    cuts = []

    def cut_once(_: object) -> None:
        if len(cuts) < 2:
            cuts.append(1)
            _cut_off(postgres_url)

    with open_desk(database, Script(answer=cut_once)) as desk:
        desk.send(notice_id)
    assert outcomes(database) == {"sent": 120}
    database.close()


def _cut_off(url: str) -> None:
    """What a restart of the server does to everybody who is connected."""
    others = Database.open(url)
    with others.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    others.close()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_a_database_that_is_stopped_and_started_in_the_middle_loses_nothing(how: signal.Signals) -> None:
    with mortal_postgres() as server, running_provider() as provider:
        if server is None:
            pytest.skip(NO_POSTGRESQL)
        database = Database.open(server.url)
        migrate(database)
        Engine(database).prepare()
        prepare(database, AUDIENCE)
        database.before_commit.append(enqueue_notices(Engine(database)))
        say(database)
        provider.be("well", delay=0.4)
        with victim(server.url, provider) as worker:
            _until(lambda: provider.count() > 200)
            server.stop(how)
            time.sleep(2)
            assert provider.count() < AUDIENCE
            server.start()
            _until(lambda: outcomes(database) == {"sent": AUDIENCE})
            assert worker.poll() is None
        counts = provider.log()["counts"]
        database.close()
    assert (len(counts), set(counts.values())) == (AUDIENCE, {1})


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def test_on_a_full_disk_nothing_is_shown_as_sent_that_is_not(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    prepare(database, 400)
    _, notice_id = say(database)
    script = Script()
    timing = replace(QUICK, database_away=timedelta(seconds=0.4), lease=timedelta(seconds=1))
    with open_desk(database, script, timing=timing) as desk:
        desk.sending.fan_out(notice_id)
        batches = [(batch_id, run) for _, batch_id, run, _ in desk.queue]
        with full_disk(database), pytest.raises(UnavailableError):
            desk.sending.send_batch(*batches[0])
        shown = {row.provider_id for row in deliveries(database) if row.outcome}
        assert shown <= {f"SM{notice.delivery_id}" for notice in script.taken}
        assert len(script.taken) < 400
        for batch_id, run in batches:
            desk.sending.send_batch(batch_id, run)
        desk.drain()
    assert outcomes(database) == {"sent": 400}
    assert len({notice.delivery_id for notice in script.taken}) == len(script.taken) == 400
    database.close()


@contextmanager
def full_disk(database: Database) -> Iterator[None]:
    """Not one page more for this database, as SQLite itself sees a full disk."""

    def cramp(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes the size that it has

    def relieve(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1073741823")

    sa.event.listen(database.engine, "checkout", cramp)
    try:
        yield
    finally:
        sa.event.remove(database.engine, "checkout", cramp)
        sa.event.listen(database.engine, "checkout", relieve)
