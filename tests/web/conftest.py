"""The console for tests of the web layer, on both databases."""

import pytest
from argon2 import PasswordHasher

from app.commands import passwords
from app.store.session import Database
from tests.web.consoles import Console


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real Argon2 hashes, made in a hundredth of the time."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys.cache_clear()


@pytest.fixture
def console(database: Database) -> Console:
    """A console over a small MLS, on SQLite and on PostgreSQL."""
    return Console(database)
