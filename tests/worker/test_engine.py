"""Durable work: in the caller's transaction, once per key, by the clock, and after a kill -9."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.engine import Engine, Queue
from app.store.session import Database

PATIENCE = 15.0


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    engine = Engine(database)
    yield engine
    engine.stop()


def test_work_is_done_when_its_transaction_commits_and_only_then(database: Database, engine: Engine) -> None:
    done: list[str] = []
    engine.register("note", done.append)
    engine.run()
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        engine.enqueue(session, "note", ("never",), key="rolled-back")
        raise ZeroDivisionError
    with database.transaction() as session:
        engine.enqueue(session, "note", ("yes",), key="committed", queue=Queue.URGENT)
    assert until(lambda: done == ["yes"])


def test_the_same_key_is_done_once(database: Database, engine: Engine) -> None:
    done: list[str] = []
    engine.register("note", done.append)
    engine.run()
    for _ in range(3):
        with database.transaction() as session:
            engine.enqueue(session, "note", ("once",), key="same")
    with database.transaction() as session:
        engine.enqueue(session, "note", ("last",), key="last")
    assert until(lambda: {"once", "last"} <= set(done))
    assert done.count("once") == 1


def test_delayed_work_waits_and_is_known_meanwhile(database: Database, engine: Engine) -> None:
    done: list[float] = []
    engine.register("note", lambda: done.append(time.monotonic()))
    engine.run()
    with database.transaction() as session:
        engine.enqueue(session, "note", key="later", delay=timedelta(seconds=2))
    queued_at = time.monotonic()
    assert engine.queued(Queue.JOBS) == {"later"}
    assert until(lambda: bool(done))
    assert 1.5 < done[0] - queued_at < 10
    assert until(lambda: engine.queued(Queue.JOBS) == set())


def test_a_job_that_fails_does_not_stop_the_next(database: Database, engine: Engine) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("on purpose")

    engine.register("fail", fail)
    engine.register("note", done.append)
    engine.run()
    with database.transaction() as session:
        engine.enqueue(session, "fail", key="a")
        engine.enqueue(session, "note", ("after",), key="b")
    assert until(lambda: done == ["after"])


def test_the_clock_runs_work_and_finished_work_is_forgotten(engine: Engine) -> None:
    ticks: list[float] = []
    engine.register("tick", lambda: ticks.append(time.monotonic()))
    engine.schedule("tick", "* * * * * *", "tick")
    engine.run()
    assert until(lambda: len(ticks) >= 2)
    assert engine.forget_finished(datetime.now(UTC) + timedelta(minutes=1)) >= 1


def test_it_beats_while_it_runs(database: Database, engine: Engine) -> None:
    from app.store.heartbeats import live_executors

    def is_alive() -> bool:
        with database.read() as session:
            return engine.executor_id in live_executors(session, datetime.now(UTC) - timedelta(seconds=5))

    engine.run()
    assert until(is_alive)


STALL_AND_DIE = """
import os, sys, time
from app.engine import Engine
from app.store.session import Database

engine = Engine(Database.open(sys.argv[1]))

def note(path: str) -> None:
    with open(path, "a") as file:
        file.write("started\\n")
    time.sleep(0.3)
    os.kill(os.getpid(), 9)

engine.register("note", note)
engine.run()
with engine.database.transaction() as session:
    engine.enqueue(session, "note", (sys.argv[2],), key="survivor")
time.sleep(30)
"""


@pytest.mark.slow
def test_work_of_a_killed_process_is_done_by_the_next(
    database: Database, database_url: str, engine: Engine, tmp_path: Path
) -> None:
    """SQLite: the next start of the same executor; PostgreSQL: the reaper of another."""
    path = tmp_path / "done.txt"
    killed = subprocess.run([sys.executable, "-c", STALL_AND_DIE, database_url, str(path)], timeout=60, check=False)
    assert killed.returncode == -9
    assert path.read_text(encoding="utf-8") == "started\n"
    done: list[str] = []
    engine.register("note", done.append)
    engine.run()

    def is_done() -> bool:
        engine.reap()
        return done == [str(path)]

    assert until(is_done, 40)
