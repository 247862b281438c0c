"""The publisher's pulse: written whole, read again when it changes, served while it stands still."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import UnavailableError
from app.publish.directory import DirectorySink, follow, load_edition
from app.publish.pulse import PulseFile, PulseReader, pulse
from app.publish.sinks import MemorySink
from tests.publish.stored import comes, edition

NOW = datetime(2026, 4, 5, 2, 41, tzinfo=UTC)


def test_it_tells_the_moment_in_utc():
    zone = datetime(2026, 4, 4, 21, 41, tzinfo=UTC).astimezone()
    assert json.loads(pulse(NOW)) == {"at": "2026-04-05T02:41:00Z"}
    assert json.loads(pulse(zone)) == {"at": "2026-04-04T21:41:00Z"}


def test_it_changes_nothing_of_the_edition(tmp_path):
    sink = DirectorySink(tmp_path)
    sink.put(edition(1))
    before = (tmp_path / "current").resolve(), load_edition(tmp_path)
    PulseFile(tmp_path).beat(NOW)
    assert ((tmp_path / "current").resolve(), load_edition(tmp_path)) == before
    assert (tmp_path / "pulse.json").read_bytes() == pulse(NOW)
    sink.put(edition(2))
    assert (tmp_path / "pulse.json").read_bytes() == pulse(NOW)


def test_a_reader_never_finds_half_of_one(tmp_path):
    file, stop = PulseFile(tmp_path), threading.Event()
    file.beat(NOW)

    def write() -> None:
        while not stop.is_set():
            file.beat(NOW + timedelta(minutes=1))
            file.beat(NOW)

    writer = threading.Thread(target=write)
    writer.start()
    seen = {(tmp_path / "pulse.json").read_bytes() for _ in range(2_000)}
    stop.set()
    writer.join()
    assert seen <= {pulse(NOW), pulse(NOW + timedelta(minutes=1))}


def test_a_web_process_follows_it(tmp_path):
    memory, stop = MemorySink(), threading.Event()
    follow(tmp_path, memory, stop, every=0.02)
    assert memory.pulse == b""
    PulseFile(tmp_path).beat(NOW)
    assert comes(lambda: memory.pulse == pulse(NOW))
    PulseFile(tmp_path).beat(NOW + timedelta(minutes=1))
    assert comes(lambda: memory.pulse == pulse(NOW + timedelta(minutes=1)))
    stop.set()


def test_what_was_read_last_grows_old_when_the_file_is_gone(tmp_path):
    PulseFile(tmp_path).beat(NOW)
    reader = PulseReader(tmp_path)
    assert reader.read() == pulse(NOW)
    (tmp_path / "pulse.json").unlink()
    assert reader.read() == pulse(NOW)


def test_it_says_in_words_that_it_cannot_be_written(tmp_path):
    (tmp_path / "documents").write_text("a file, where a folder should be")
    with pytest.raises(UnavailableError, match=r"pulse.json cannot be written"):
        PulseFile(tmp_path / "documents").beat(NOW)


def test_a_post_without_the_database_is_a_sign_of_life(tmp_path):
    shown = edition(3)
    PulseFile(tmp_path).put(shown)
    assert (tmp_path / "pulse.json").read_bytes() == pulse(shown.as_of)
