"""A caller: plays TwiML as Twilio does, presses keys, and measures how long they had to listen.

Speech is really spoken, by espeak-ng at its own pace, and measured by sox.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from lxml import etree

from tests.doubles.twiml import read_twiml

VOICES = {"en-US": "en-us", "es-MX": "es-419"}
_DOCUMENTS_MOST = 20

Fetch = Callable[[str, dict[str, str]], bytes]
"""Posts a form to a path with its query, signed as Twilio signs; the body of the answer."""


@dataclass
class Call:
    """One call and all that happened in it, in order."""

    fetch: Fetch
    keys: Sequence[str] = ()
    caller: str = "+12025550142"
    sid: str = "CA0123456789abcdef"
    heard: list[tuple[str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def to(self, path: str) -> "Call":
        """Call the line, and press the keys one after the other, each when it is asked for."""
        waiting = list(self.keys)
        form: dict[str, str] = {}
        for _ in range(_DOCUMENTS_MOST):
            self.asked.append(path)
            root = read_twiml(self.fetch(path, {"CallSid": self.sid, "From": self.caller, **form}))
            leads_to = self._play(root, bool(waiting))
            if leads_to is None:
                return self
            form = {"Digits": waiting.pop(0)} if waiting else {}
            path = leads_to
        raise AssertionError(f"the call never ends: {self.asked}")

    @property
    def words(self) -> str:
        """Everything that was said."""
        return " ".join(words for _, words in self.heard)

    def seconds(self) -> float:
        """How long everything that was said took."""
        return sum(spoken_seconds(words, language) for language, words in self.heard)

    def _play(self, root: etree._Element, has_key: bool) -> str | None:
        """Play one document; the address it leads on to, or None when the call ends."""
        for verb in root.iterchildren(etree.Element):
            if verb.tag == "Hangup":
                return None
            if verb.tag == "Redirect":
                return _path(verb.text)
            if verb.tag == "Sms":
                self.texts.append((verb.get("to"), verb.text))
            for said in verb.iter("Say"):
                self._hear(said)
            if verb.tag == "Gather" and has_key:
                return _path(verb.get("action"))
        return None

    def _hear(self, verb: etree._Element) -> None:
        self.heard.append((verb.get("language"), verb.text))


def first_pass(document: bytes) -> Iterator[tuple[str, str]]:
    """What is said before the repetition: language and words."""
    for verb in read_twiml(document).iter("Say", "Pause"):
        if verb.tag == "Pause":
            return
        yield verb.get("language"), verb.text


@cache
def spoken_seconds(words: str, language: str) -> float:
    """How long espeak-ng says it for, as sox measures; skips where either is missing."""
    for program in ("espeak-ng", "soxi"):
        if shutil.which(program) is None:
            pytest.skip("Debian's packages espeak-ng and sox are not installed (make system)")
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "said.wav"
        subprocess.run(["espeak-ng", "-v", VOICES[language], "-w", sound, "--stdin"], input=words.encode(), check=True)
        return float(subprocess.run(["soxi", "-D", sound], capture_output=True, text=True, check=True).stdout)


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
