"""A database on SQLite alone, for what does not depend on the kind of database."""

from collections.abc import Iterator

import pytest

from app.store.session import Database


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A fresh SQLite database with its tables."""
    database = Database.open(sqlite_url)
    yield database
    database.close()
