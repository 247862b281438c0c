"""The audit log in both databases: nobody changes it, nobody forgets it, and writers queue."""

import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.commands.audit import exported_lines, note
from app.domain.audit import Actor, Entry, Head, Means, Subject, Verification, verify
from app.store.audit import AuditSearch, acts_noted, append, chain, chain_head, entries_found
from app.store.session import Database

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TESS = Actor("tess", "Tess Marchetti", Means.CONSOLE, "192.0.2.7")
INCIDENT = Subject("incident", "abc")


def write(database: Database, number: int, *, by: Actor = TESS, act: str = "incident.updated") -> None:
    for each in range(number):
        with database.transaction(by) as session:
            note(session, act, INCIDENT, before={"at": each}, after={"at": each + 1, "word": "ñ“\x00"}, now=NOW)


def verified(database: Database, kept: Head | None = None) -> Verification:
    with database.read() as session:
        return verify(chain(session), chain_head(session), kept)


def forge(database: Database, *statements: str) -> None:
    """Do what somebody with the database's own password could: switch the triggers off first."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER audit_entry_no_{verb}")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(text(statement))


def test_it_keeps_who_did_what_and_from_where(database: Database) -> None:
    write(database, 1)
    with database.read() as session:
        (row,) = entries_found(session, AuditSearch(), before=None, most=10)
    assert row.entry == Entry(
        NOW, TESS, "incident.updated", INCIDENT, before={"at": 0}, after={"at": 1, "word": "ñ“\x00"}
    )


def test_an_untouched_log_is_whole(database: Database) -> None:
    write(database, 3)
    found = verified(database)
    assert found.is_whole
    assert found.entries == 3


def test_what_is_rolled_back_leaves_no_entry(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction(TESS) as session:
        note(session, "incident.updated", INCIDENT, now=NOW)
        raise RuntimeError
    assert verified(database).entries == 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET name = 'Nobody'", "DELETE FROM audit_entry", "DELETE FROM audit_entry WHERE seq = 2"],
)
def test_the_database_itself_refuses_to_change_an_entry(database: Database, statement: str) -> None:
    write(database, 2)
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text(statement))
    assert verified(database).entries == 2


def test_postgresql_refuses_to_empty_the_log_at_once(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    write(database, 1)
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text("TRUNCATE audit_entry"))
    database.close()


@pytest.mark.parametrize(
    ("column", "value"), [("name", "'Nobody'"), ("act", "'incident.opened'"), ("address", "''"), ("after", "'{}'")]
)
def test_an_altered_row_shows(database: Database, column: str, value: str) -> None:
    write(database, 5)
    forge(database, f"UPDATE audit_entry SET {column} = {value} WHERE seq = 3")  # noqa: S608 - words of this test
    assert verified(database).broken_at == 3


def test_a_deleted_row_shows(database: Database) -> None:
    write(database, 5)
    forge(database, "DELETE FROM audit_entry WHERE seq = 2")
    assert verified(database).broken_at == 2


def test_reordered_rows_show(database: Database) -> None:
    write(database, 5)
    swaps = ("seq = -1 WHERE seq = 2", "seq = 2 WHERE seq = 4", "seq = 4 WHERE seq = -1")
    forge(database, *(f"UPDATE audit_entry SET {swap}" for swap in swaps))  # noqa: S608 - words of this test
    assert verified(database).broken_at == 2


def test_a_truncated_tail_shows_against_a_kept_head(database: Database) -> None:
    write(database, 5)
    with database.read() as session:
        kept = chain_head(session)
        third = entries_found(session, AuditSearch(), before=4, most=1)[0].hash
    forge(
        database,
        "DELETE FROM audit_entry WHERE seq > 3",
        f"UPDATE audit_head SET seq = 3, hash = '{third}'",  # noqa: S608 - a hash of our own
    )
    assert verified(database).is_whole
    assert verified(database, kept).broken_at == 4


def test_eight_writers_at_once_make_one_chain(database: Database) -> None:
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            write(database, 10, by=Actor(str(number), f"Writer {number}", Means.CONSOLE))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = verified(database)
    assert found.is_whole
    assert found.entries == 80


def test_writers_that_lock_other_rows_in_any_order_never_wait_for_each_other_forever(database: Database) -> None:
    """The head is locked last, at the commit, so that no transaction holds it while it wants something else."""
    noted = threading.Barrier(2, timeout=5)

    def run() -> None:
        with database.transaction(TESS) as session:
            note(session, "incident.updated", INCIDENT, now=NOW)
            if not database.is_sqlite:  # which lets one writer in at a time anyway
                noted.wait()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert verified(database).entries == 2


def test_it_finds_by_person_means_act_subject_and_day(database: Database) -> None:
    write(database, 2)
    write(database, 1, by=Actor(None, "root@status", Means.COMMAND_LINE), act="incident.opened")

    def found(**search: object) -> list[int]:
        with database.read() as session:
            return [row.seq for row in entries_found(session, AuditSearch(**search), before=None, most=10)]

    assert found() == [3, 2, 1]
    assert found(account_id="tess") == [2, 1]
    assert found(means="command_line") == [3]
    assert found(act="incident.updated") == [2, 1]
    assert found(subject_kind="incident", subject="another") == []
    assert found(since=NOW, until=NOW + timedelta(days=1)) == [3, 2, 1]
    assert found(since=NOW + timedelta(seconds=1)) == found(until=NOW) == []


def test_it_pages_backwards(database: Database) -> None:
    write(database, 5)
    with database.read() as session:
        assert [row.seq for row in entries_found(session, AuditSearch(), before=4, most=2)] == [3, 2]
        assert acts_noted(session) == ["incident.updated"]


@pytest.mark.slow
def test_a_hundred_thousand_entries_are_verified_in_ten_seconds_and_little_memory(database: Database) -> None:
    number, batch = 100_000, 5_000
    for start in range(0, number, batch):
        with database.transaction() as session:
            entries = [
                Entry(NOW, TESS, "incident.updated", INCIDENT, after={"number": each, "body": "words " * 20})
                for each in range(start, start + batch)
            ]
            append(session, entries)
    began = time.monotonic()
    found = verified(database)
    seconds = time.monotonic() - began
    assert found.is_whole
    assert found.entries == number
    assert seconds < 10
    tracemalloc.start()
    with database.read() as session:
        assert sum(1 for _ in exported_lines(session)) == number
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000
