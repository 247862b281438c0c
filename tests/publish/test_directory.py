"""The directory sink: whole editions or none, for readers, followers and publishers at once."""

import json
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import brotli
import pytest

from app.domain.errors import UnavailableError
from app.publish.directory import DirectorySink, follow, load_edition, published_generation
from app.publish.documents import ATOM, HTML, JSON, TEXT, Edition
from app.publish.manifest import MANIFEST, file_name
from app.publish.sinks import MemorySink
from tests.publish.stored import AS_OF, assert_clean, assert_whole, comes, document, edition, generations

# Writing and reading


def test_what_is_put_can_be_loaded_to_the_byte(tmp_path: Path) -> None:
    DirectorySink(tmp_path / "documents").put(edition(1))
    assert_whole(tmp_path / "documents", 1)


def test_the_manifest_names_generation_and_moment_in_a_few_bytes(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(3))
    manifest = (tmp_path / "current" / MANIFEST).read_bytes()
    facts = json.loads(manifest)
    assert (facts["generation"], facts["as_of"]) == (3, "2026-10-09T22:30:18.250000+00:00")
    assert facts["documents"] == len(edition(3).documents)
    assert len(manifest) < 200
    assert published_generation(tmp_path) == 3


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    for generation in (1, 2, 3):
        sink.put(edition(generation))
    assert (tmp_path / "a" / "incidents/a1.html").samefile(tmp_path / "b" / "incidents/a1.html")
    assert not (tmp_path / "a" / "index.html").samefile(tmp_path / "b" / "index.html")
    assert (tmp_path / "b" / "index.html").read_bytes() == edition(2).documents["/"].body


def test_files_carry_the_moment_of_their_document(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    for name in ("incidents/a1.html", "incidents/a1.html.gz", "incidents/a1.html.br"):
        assert (tmp_path / "current" / name).stat().st_mtime_ns == 1_791_585_015_250_000_000


def test_a_document_that_is_gone_leaves_no_file(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(1, also=("/drill",)))
    sink.put(edition(2))
    sink.put(edition(3))
    assert_whole(tmp_path, 3)
    assert not list(tmp_path.glob("*/drill*"))


def test_a_document_that_is_only_dated_anew_keeps_its_files(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    later = AS_OF + timedelta(days=1)
    for generation, moment in ((1, AS_OF), (2, AS_OF), (3, later)):
        sink.put(Edition(generation, moment, {"/text": document("/text", TEXT, "Well. ", moment)}))
    read = load_edition(tmp_path)
    assert read is not None
    assert read.documents["/text"].modified_at == later


def test_an_older_edition_never_replaces_a_newer_one(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(5))
    DirectorySink(tmp_path).put(edition(4))
    assert_whole(tmp_path, 5)
    DirectorySink(tmp_path).put(edition(6))
    assert_whole(tmp_path, 6)


def test_the_same_generation_may_be_put_again(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(5))
    sink.put(edition(5))
    assert_whole(tmp_path, 5)


def test_there_is_nothing_to_load_where_nothing_was_put(tmp_path: Path) -> None:
    assert load_edition(tmp_path / "none") is None
    assert published_generation(tmp_path / "none") is None


def test_documents_already_known_are_not_read_again(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(1))
    known = load_edition(tmp_path)
    assert known is not None
    sink.put(edition(2))
    read = load_edition(tmp_path, known)
    assert read == edition(2)
    assert read.documents["/text"] is known.documents["/text"]


@pytest.mark.parametrize(
    ("path", "media_type", "file"),
    [
        ("/", HTML, "index.html"),
        ("/history", HTML, "history.html"),
        ("/history/2026-10", HTML, "history/2026-10.html"),
        ("/es", HTML, "es.html"),
        ("/es/", HTML, "es/index.html"),
        ("/text", TEXT, "text.txt"),
        ("/phone.txt", TEXT, "phone.txt"),
        ("/api/v2/summary.json", JSON, "api/v2/summary.json"),
        ("/history.atom", ATOM, "history.atom"),
        ("/voice.xml", "application/xml", "voice.xml"),
        ("/.well-known/security.txt", TEXT, ".well-known/security.txt"),
        ("/components/v1.2", HTML, "components/v1.2.html"),
    ],
)
def test_a_web_server_finds_each_document_by_its_path(path: str, media_type: str, file: str) -> None:
    assert file_name(path, media_type) == file


@pytest.mark.parametrize(
    "path", ["/../secret", "/a/../../b", "/a//b", "/.", "relative", "/a\0", "/manifest.json", "/a//"]
)
def test_a_path_that_cannot_be_a_file_is_refused_before_anything_changes(tmp_path: Path, path: str) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(1))
    bad = Edition(2, AS_OF, {path: document(path, JSON, "{}", AS_OF)})
    with pytest.raises(ValueError, match="cannot be stored"):
        sink.put(bad)
    assert_whole(tmp_path, 1)


def test_two_documents_cannot_be_one_file(tmp_path: Path) -> None:
    both = [document("/a", HTML, "a", AS_OF), document("/a.html", HTML, "b", AS_OF)]
    with pytest.raises(ValueError, match="same file"):
        DirectorySink(tmp_path).put(Edition(1, AS_OF, {one.path: one for one in both}))


def test_what_is_stored_in_brotli_is_brotli(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    stored = (tmp_path / "current" / "index.html.br").read_bytes()
    assert brotli.decompress(stored) == edition(1).documents["/"].body


# Several at once


def test_a_reader_never_sees_half_an_edition(tmp_path: Path) -> None:
    stop = threading.Event()
    sink = DirectorySink(tmp_path)
    sink.put(edition(1))

    def publish() -> None:
        for generation in range(2, 80):
            sink.put(edition(generation))
        stop.set()

    writer = threading.Thread(target=publish)
    writer.start()
    seen: list[int] = []
    while not stop.is_set():
        read = load_edition(tmp_path)
        if read is not None:
            assert generations(read) == {read.generation}
            assert len(read.documents) == len(edition(1).documents)
            seen.append(read.generation)
    writer.join()
    assert seen == sorted(seen)
    assert len(set(seen)) > 3


def test_two_publishers_at_once_take_turns_and_the_newest_stays(tmp_path: Path) -> None:
    def publish(start: int) -> None:
        sink = DirectorySink(tmp_path)
        for generation in range(start, 41, 2):
            sink.put(edition(generation))

    writers = [threading.Thread(target=publish, args=(start,)) for start in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert_whole(tmp_path, 40)
    assert_clean(tmp_path)


def test_a_publisher_that_hangs_does_not_hang_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.publish.directory._LOCK_PATIENCE", 0.1)
    hanging = DirectorySink(tmp_path)
    hanging.put(edition(1))
    with hanging._lock(), pytest.raises(UnavailableError):
        DirectorySink(tmp_path).put(edition(2))
    assert_whole(tmp_path, 1)


# Damage


def test_a_damaged_coding_is_made_anew(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    (tmp_path / "current" / "index.html.br").write_bytes(b"")
    (tmp_path / "current" / "index.html.gz").unlink()
    read = load_edition(tmp_path)
    assert read == edition(1)


def test_a_damaged_document_is_left_out(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    (tmp_path / "current" / "history.html").write_bytes(b"generation 1 of /hist")
    read = load_edition(tmp_path)
    assert read is not None
    assert read.documents.keys() == edition(1).documents.keys() - {"/history"}


def test_a_whole_edition_before_is_better_than_a_damaged_one(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(1))
    sink.put(edition(2))
    (tmp_path / "current" / "history.html").unlink()
    assert load_edition(tmp_path) == edition(1)


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"generation": 9}',
        b'{"generation": 9, "as_of": "2026-10-09T22:30:15", "documents": 0, "digest": ""}',
    ],
)
def test_a_damaged_manifest_is_not_believed(tmp_path: Path, manifest: bytes) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(1))
    sink.put(edition(2))
    (tmp_path / "current" / MANIFEST).write_bytes(manifest)
    assert load_edition(tmp_path) == edition(1)
    DirectorySink(tmp_path).put(edition(3))
    assert_whole(tmp_path, 3)
    shutil.rmtree(tmp_path / "b")
    shutil.rmtree(tmp_path / "a")
    assert load_edition(tmp_path) is None


def test_a_list_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    listed = tmp_path / "current" / "documents.jsonl"
    listed.write_bytes(listed.read_bytes().replace(b'"index.html"', b'"../../passwd"'))
    assert load_edition(tmp_path) is None


def test_folders_that_somebody_removed_are_made_again(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    for generation, name in enumerate(("a", "b", "a", "b"), start=2):
        sink.put(edition(generation))
        shutil.rmtree(tmp_path / name, ignore_errors=True)
        sink.put(edition(generation + 10))
        assert_whole(tmp_path, generation + 10)
        shutil.rmtree(tmp_path)
        sink.put(edition(generation))
        assert_whole(tmp_path, generation)


def test_files_that_somebody_removed_are_written_again(tmp_path: Path) -> None:
    for generation in range(1, 6):
        DirectorySink(tmp_path).put(edition(generation))
        assert_whole(tmp_path, generation)
        for lost in ("text.txt", "weather.html.br", "incidents/a1.html.gz"):
            (tmp_path / "current" / lost).unlink()


def test_a_place_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnavailableError, match="cannot be written"):
        DirectorySink(tmp_path / "file").put(edition(1))


# Following


def test_a_follower_serves_what_is_there_at_once_and_what_comes_soon(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(1))
    memory, stop = MemorySink(), threading.Event()
    thread = follow(tmp_path, memory, stop, every=0.01)
    try:
        assert memory.edition == edition(1)
        sink.put(edition(2))
        assert comes(lambda: memory.edition == edition(2))
    finally:
        stop.set()
        thread.join(2)


def test_a_follower_waits_for_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    memory, stop = MemorySink(), threading.Event()
    thread = follow(tmp_path / "later", memory, stop, every=0.01)
    try:
        assert memory.edition is None
        DirectorySink(tmp_path / "later").put(edition(1))
        assert comes(lambda: memory.edition == edition(1))
    finally:
        stop.set()
        thread.join(2)
    assert not thread.is_alive()


def test_a_follower_does_not_reload_what_this_process_published(tmp_path: Path) -> None:
    memory, stop = MemorySink(), threading.Event()
    mine = edition(3)
    memory.put(mine)
    DirectorySink(tmp_path).put(mine)
    thread = follow(tmp_path, memory, stop)
    stop.set()
    thread.join(2)
    assert memory.edition is mine
