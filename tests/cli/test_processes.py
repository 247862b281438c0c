"""The grown size: page and worker as processes of their own, and what outlives what."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60

pytestmark = pytest.mark.slow


class Machine:
    """One machine's environment, and the `porchlight` processes started on it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.running: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._environment = {
            **os.environ,
            "PORCHLIGHT_DATABASE_URL": database_url,
            "PORCHLIGHT_DATA_DIR": str(folder / "var"),
            "PYTHONPATH": str(ROOT),
        }

    def do(self, *words: str, **changed: str) -> None:
        subprocess.run(
            self._command(words), env=self._environment | changed, cwd=self._folder, check=True, capture_output=True
        )

    def start(self, *words: str, **changed: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(self._command(words), env=self._environment | changed, cwd=self._folder)
        self.running.append(process)
        return process

    def page(self, path: str = "/text") -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.base + path) as answer:  # noqa: S310 - our own address
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return 0, ""

    def shows(self, words: str, seconds: float = PATIENCE) -> bool:
        end = time.monotonic() + seconds
        while words not in self.page()[1]:
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    @staticmethod
    def _command(words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "app.cli", *words]


@pytest.fixture
def machine(tmp_path: Path, database_url: str) -> Iterator[Machine]:
    machine = Machine(tmp_path, database_url)
    machine.do("demo", "load")
    yield machine
    for process in machine.running:
        process.kill()
        process.wait(20)


OUTAGE = ("post", "--new", "Down", "--status", "investigating", "--body", "Nobody can sign in.")


def test_what_one_process_publishes_another_serves(machine: Machine) -> None:
    machine.start("worker")
    machine.start("serve", "--port", str(machine.port))
    assert machine.shows("Everything is working.")
    machine.do(*OUTAGE, "--component", "sso-dashboard=major_outage")
    assert machine.shows("Member dashboard is down.")


def test_a_post_goes_out_while_every_worker_is_dead(machine: Machine) -> None:
    worker = machine.start("worker")
    machine.start("serve", "--port", str(machine.port))
    assert machine.shows("Everything is working.")
    worker.kill()
    worker.wait(20)
    machine.do(*OUTAGE, "--component", "sso-dashboard=major_outage")
    assert machine.shows("Member dashboard is down.")


def test_the_page_is_served_from_its_files_when_the_database_is_away(machine: Machine) -> None:
    machine.do("publish")
    away = "postgresql://nobody@127.0.0.1:1/none"
    machine.start("serve", "--port", str(machine.port), PORCHLIGHT_DATABASE_URL=away)
    assert machine.shows("Everything is working.")
    assert [machine.page(path)[0] for path in ("/", "/es/", "/history.atom", "/api/v2/summary.json", "/healthz")] == [
        200
    ] * 5
    assert machine.page("/admin/sign-in")[0] == 200
