"""The one place that commits: all or nothing, in words when the database is away."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.errors import UnavailableError
from app.domain.events import OrganisationChanged
from app.store.heartbeats import HeartbeatRow, beat
from app.store.outbox import CounterRow, record, take_numbers
from app.store.session import SAFE_SQLITE, Database, sqlite_module

NOW = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


class PowerLostError(Exception):
    """Stands for the process dying at that statement."""


def test_a_transaction_that_dies_half_way_keeps_nothing(database: Database) -> None:
    with pytest.raises(PowerLostError), database.transaction() as session:
        session.add(CounterRow(name="half", value=1))
        session.flush()
        raise PowerLostError
    with database.read() as session:
        assert session.get(CounterRow, "half") is None


def test_it_wakes_the_workers_only_after_a_commit_that_recorded_an_event(database: Database) -> None:
    woken: list[str] = []
    database.on_commit.append(lambda: woken.append("woken"))
    with database.transaction() as session:
        session.add(CounterRow(name="quiet", value=1))
    assert woken == []
    with pytest.raises(PowerLostError), database.transaction() as session:
        record(session, OrganisationChanged(), NOW)
        raise PowerLostError
    assert woken == []
    with database.transaction() as session:
        note(session, "organisation.saved", Subject("organisation", "only"), now=NOW)
        record(session, OrganisationChanged(), NOW)
    assert woken == ["woken"]


def test_what_is_prepared_before_the_commit_shares_its_fate(database: Database) -> None:
    database.before_commit.append(lambda session: session.add(CounterRow(name="work", value=1)))
    with pytest.raises(PowerLostError), database.transaction():
        raise PowerLostError
    with database.transaction():
        pass
    with database.read() as session:
        assert session.get(CounterRow, "work") is not None


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert reader.exec(select(CounterRow)).all() == []
        with database.transaction() as writer:
            writer.add(CounterRow(name="later", value=1))
        assert reader.exec(select(CounterRow)).all() == []


def test_numbers_taken_at_the_same_time_never_repeat(database: Database) -> None:
    taken: list[int] = []

    def take() -> None:
        for _ in range(10):
            with database.transaction() as session:
                taken.append(take_numbers(session, "update"))

    with database.transaction() as session:
        taken.append(take_numbers(session, "update"))
    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 42))


def test_a_block_of_numbers_is_reserved_whole(database: Database) -> None:
    with database.transaction() as session:
        assert [take_numbers(session, "n", 5), take_numbers(session, "n"), take_numbers(session, "n", 3)] == [1, 6, 7]


def test_moments_come_back_aware_and_in_utc(database: Database) -> None:
    chicago = datetime.fromisoformat("2026-11-01T01:30:00-05:00")
    with database.transaction() as session:
        beat(session, "one", "worker", chicago)
    with database.read() as session:
        row = session.exec(select(HeartbeatRow)).one()
    assert row.beat_at == NOW
    assert row.beat_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="needs a time zone"), database.transaction() as session:
        beat(session, "one", "worker", NOW.replace(tzinfo=None))


def test_a_database_that_is_away_is_said_in_words() -> None:
    away = Database.open("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(UnavailableError, match="nothing was changed"), away.read() as session:
        session.execute(text("SELECT 1"))


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(UnavailableError, match="sqlite or postgresql"):
        Database.open("mysql://localhost/x")


def test_sqlite_is_a_safe_version_and_durable(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/new/folder/x.db")
    with database.read() as session:
        found = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2}
    assert sqlite_module().sqlite_version_info >= SAFE_SQLITE
