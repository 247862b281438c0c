"""A fresh name server for each test, and switches of its zone."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from app.monitor.dns.reading import Server
from tests.doubles.bind import Bind, bind


@pytest.fixture
def name_server(tmp_path: Path) -> Iterator[Bind]:
    """BIND with the records of the demo's zone."""
    folder = tmp_path / "bind"
    folder.mkdir()
    with bind(folder) as running:
        yield running


@pytest.fixture
def silent_server() -> Iterator[Server]:
    """Takes what it is sent and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Server("127.0.0.1", listener.getsockname()[1])


@pytest.fixture
def time_machine_at_tomorrow() -> Callable[[], AbstractContextManager[object]]:
    """Steps this process's clock, and nobody else's, a day ahead."""
    return lambda: time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True)
