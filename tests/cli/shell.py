"""`porchlight` as a person at a shell meets it, in this process."""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.__main__ import main


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """Runs `porchlight` in this process, with a database and a data folder of its own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self._patch, self._capture = folder, patch, capture

    def __call__(self, *words: str, typed: str = "", **environment: str) -> Answer:
        self._capture.readouterr()
        code = 0
        with self._patch.context() as patch:
            patch.setattr(sys, "argv", ["porchlight", *words])
            patch.setattr(sys, "stdin", io.StringIO(typed))
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                main()
            except SystemExit as ending:
                code = int(ending.code or 0)
        printed = self._capture.readouterr()
        return Answer(code, printed.out, printed.err)

    def facts(self, *words: str) -> dict[str, object]:
        answer = self(*words, "--json")
        assert answer.returncode == 0, answer.stderr
        found: dict[str, object] = json.loads(answer.stdout)
        return found

    def document(self, name: str) -> str:
        return (self.folder / "var" / "public" / "current" / name).read_text(encoding="utf-8")
