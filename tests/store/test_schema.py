"""Migrations make exactly the tables that the code declares, on both databases."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from app.domain.errors import UnavailableError
from app.store.schema import METADATA, migrate, newest_revision, schema_revision
from app.store.session import Database


def test_the_migrations_make_the_tables_that_the_code_declares(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    assert schema_revision(database) == newest_revision()


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnavailableError, match="newer Porchlight"):
        migrate(database)


def test_two_processes_may_migrate_at_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        database = Database.open(f"sqlite:///{tmp_path}/fresh.db")
        try:
            migrate(database)
        except BaseException as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
