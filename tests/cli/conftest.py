"""A shell with a database and a data folder of its own, empty or with the demo organisation."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def shell(set_up: Shell, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", sqlite_url)
    return set_up


@pytest.fixture
def demo(shell: Shell) -> Shell:
    assert shell("demo", "load").returncode == 0
    return shell
