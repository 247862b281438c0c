"""The console for tests of the web layer, on both databases."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.commands import passwords
from app.store.session import Database
from tests.web.consoles import Console


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """On PostgreSQL the web layer is left to `make check`: what differs there is the store, which is always tested."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.get_closest_marker("postgres"):
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real Argon2 hashes, made in a hundredth of the time."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys.cache_clear()


@pytest.fixture
def console(database: Database) -> Console:
    """A console over a small MLS, on SQLite and on PostgreSQL."""
    return Console(database)
