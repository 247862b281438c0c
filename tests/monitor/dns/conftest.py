"""A fresh name server for each test, and switches of its zone."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from app.monitor.dns.reading import Server
from app.store.session import Database
from tests.doubles.bind import Bind, bind
from tests.monitor.dns.world import World, world


@pytest.fixture
def name_server(tmp_path: Path) -> Iterator[Bind]:
    """BIND with the records of the demo's zone."""
    folder = tmp_path / "bind"
    folder.mkdir()
    with bind(folder) as running:
        yield running


@pytest.fixture
def here(sqlite_url: str, name_server: Bind, tmp_path: Path) -> Iterator[World]:
    """A desk over SQLite; what the databases do differently is tested with the store."""
    database = Database.open(sqlite_url)
    with world(database, name_server, tmp_path) as made:
        yield made
    database.close()


@pytest.fixture
def silent_server() -> Iterator[Server]:
    """Takes what it is sent and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Server("127.0.0.1", listener.getsockname()[1])


@pytest.fixture
def time_machine_at_tomorrow() -> Callable[[], AbstractContextManager[object]]:
    """Steps this process's clock, and nobody else's, a day ahead."""
    return lambda: time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True)
