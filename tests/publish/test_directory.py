"""The directory sink: whole editions or none, whatever happens between two steps."""

import errno
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http.client import HTTPConnection
from pathlib import Path

import brotli
import pytest

from app.domain.errors import UnavailableError
from app.publish.directory import DirectorySink, follow, load_edition, published_generation
from app.publish.documents import ATOM, HTML, JSON, TEXT, Document, Edition, Source, compress
from app.publish.manifest import MANIFEST, file_name
from app.publish.sinks import MemorySink

AS_OF = datetime(2026, 10, 9, 22, 30, 15, 250_000, tzinfo=UTC)
LIVING = ("/", "/history", "/history/2026-10", "/es", "/es/incidents/a1", "/404")
STEPS = ("open", "write", "utime", "fsync", "unlink", "link", "symlink", "replace", "mkdir", "sync")
"""Every call by which the sink changes the disk, or makes sure of it."""


@lru_cache(maxsize=2_000)
def document(path: str, media_type: str, text: str, modified_at: datetime) -> Document:
    return compress(Source(path, media_type, (text * 40).encode()), modified_at)


def edition(generation: int, *, also: tuple[str, ...] = ()) -> Edition:
    """Documents that all name their generation, and three that never change."""
    as_of = AS_OF + timedelta(seconds=generation)
    living = [document(path, HTML, f"generation {generation} of {path}; ", as_of) for path in (*LIVING, *also)]
    living.append(document("/api/v2/summary.json", JSON, f"generation {generation} of summary; ", as_of))
    lasting = [
        document("/text", TEXT, "Everything is working. ", AS_OF),
        document("/history.atom", ATOM, "<feed/>", AS_OF),
        document("/incidents/a1", HTML, "An old story. ", AS_OF),
    ]
    return Edition(generation, as_of, {one.path: one for one in [*living, *lasting]})


def generations(read: Edition) -> set[int]:
    """The generations that the living documents of an edition say they are of."""
    return {int(one.body.split()[1]) for one in read.documents.values() if one.body.startswith(b"generation")}


def assert_whole(root: Path, *expected: int) -> Edition:
    """What the directory gives is one of these editions, to the byte, in memory and as files."""
    read = load_edition(root)
    assert read is not None
    assert read.generation in expected
    assert read == edition(read.generation)
    for one in read.documents.values():
        plain = root / "current" / file_name(one.path, one.media_type)
        assert plain.read_bytes() == one.body
        assert plain.with_name(f"{plain.name}.gz").read_bytes() == one.gzip
        assert plain.with_name(f"{plain.name}.br").read_bytes() == one.brotli
    return read


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
    "path", ["/../secret", "/a/../../b", "/a//b", "/.", "relative", "/a\0", "/manifest.json", "/a/"]
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


# Stops between two steps


@contextmanager
def interrupted(at: int, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` instead of the step of that number, counted over every kind of step."""
    real = {name: getattr(os, name) for name in STEPS}
    count = 0

    def wrapped(name: str) -> Callable[..., object]:
        def step(*args: object, **options: object) -> object:
            nonlocal count
            count += 1
            if count == at:
                act()
            return real[name](*args, **options)

        return step

    try:
        for name in STEPS:
            setattr(os, name, wrapped(name))
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def put_and_die(root: Path, generation: int, at: int, *, knows: bool) -> bool:
    """Put an edition in a process of its own that is killed at a step; says whether it got to the end."""
    child = os.fork()
    if child == 0:
        try:
            sink = DirectorySink(root)
            if knows:
                sink.put(edition(generation - 1))
            with interrupted(at, die):
                sink.put(edition(generation))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == 0


@pytest.mark.slow
@pytest.mark.parametrize("knows", [False, True])
def test_a_kill_at_any_step_leaves_a_whole_edition(tmp_path: Path, *, knows: bool) -> None:
    at, ended = 0, False
    while not ended:
        at += 1
        root = tmp_path / str(at)
        for generation in (1, 2, 3):
            DirectorySink(root).put(edition(generation, also=("/drill",) if generation == 2 else ()))
        ended = put_and_die(root, 4, at, knows=knows)
        assert_whole(root, 3, 4)
        assert ended is False or assert_whole(root, 4)
        DirectorySink(root).put(edition(5))
        assert_whole(root, 5)
        assert_clean(root)
        shutil.rmtree(root)
    assert at > 60


@pytest.mark.slow
def test_a_kill_at_any_step_of_the_first_put_leaves_nothing_or_all(tmp_path: Path) -> None:
    at, ended = 0, False
    while not ended:
        at += 1
        root = tmp_path / str(at)
        ended = put_and_die(root, 1, at, knows=False)
        assert load_edition(root) in (None, edition(1))
        DirectorySink(root).put(edition(2))
        assert_whole(root, 2)
        assert_clean(root)
        shutil.rmtree(root)
    assert at > 60


def assert_clean(root: Path) -> None:
    """Nothing lies about that no edition names."""
    assert {path.name for path in root.iterdir()} <= {"a", "b", "current", "lock"}
    files = {path.relative_to(root / "current").as_posix() for path in (root / "current").rglob("*") if path.is_file()}
    named = {
        file_name(one.path, one.media_type) + part
        for one in edition(1).documents.values()
        for part in ("", ".gz", ".br")
    }
    assert files == named | {MANIFEST, "documents.jsonl"}


@pytest.mark.slow
def test_a_full_disk_at_any_step_is_told_and_the_edition_before_stands(tmp_path: Path) -> None:
    at, ended = 0, False
    while not ended:
        at += 1
        root = tmp_path / str(at)
        sink = DirectorySink(root)
        sink.put(edition(1))
        sink.put(edition(2))
        ended = put_and_fail(sink, 3, at)
        assert_whole(root, 2, 3)
        sink.put(edition(4))
        assert_whole(root, 4)
        assert_clean(root)
        shutil.rmtree(root)
    assert at > 60


def put_and_fail(sink: DirectorySink, generation: int, at: int) -> bool:
    """Put with one step failing; says whether it got to the end for want of that many steps."""
    failed = False

    def act() -> None:
        nonlocal failed
        failed = True
        fail()

    with interrupted(at, act):
        try:
            sink.put(edition(generation))
        except UnavailableError as error:
            assert "No space left on device" in str(error)  # noqa: PT017 - not every step that fails is one that counts
    return not failed


def test_a_disk_that_really_takes_no_more_is_told_in_words(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        try:
            DirectorySink(tmp_path).put(edition(2))
        except UnavailableError as error:
            os._exit(7 if "cannot be written" in str(error) else 8)
        finally:
            os._exit(9)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    assert_whole(tmp_path, 1)


def test_publishers_killed_at_random_never_leave_half_an_edition(tmp_path: Path) -> None:
    choose = random.Random(5)  # noqa: S311 - repeatable, not secret
    last = 0
    for _ in range(25):
        child = os.fork()
        if child == 0:
            sink = DirectorySink(tmp_path)
            for generation in range(last + 1, last + 1_000):
                sink.put(edition(generation))
            os._exit(0)
        time.sleep(choose.uniform(0.005, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if load_edition(tmp_path) is not None:
            last = assert_whole(tmp_path, *range(last, last + 1_000)).generation
    assert last > 25


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
    sink.put(edition(1))
    sink.put(edition(2))
    (tmp_path / "current" / "text.txt").unlink()
    sink.put(edition(3))
    assert_whole(tmp_path, 3)
    shutil.rmtree(tmp_path)
    sink.put(edition(4))
    assert_whole(tmp_path, 4)


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


def comes(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 3
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


# Behind a web server

PATHS = {
    "/": "/",
    "/?a=b": "/",
    "/history": "/history",
    "/history/": "/history",
    "/history/2026-10": "/history/2026-10",
    "/es": "/es",
    "/es/incidents/a1": "/es/incidents/a1",
    "/text": "/text",
    "/api/v2/summary.json": "/api/v2/summary.json",
    "/api/v2/summary": "/api/v2/summary.json",
    "/history.atom": "/history.atom",
}


def test_nginx_serves_the_directory(tmp_path: Path) -> None:
    root = published(tmp_path)
    with nginx(tmp_path, root) as port:
        assert_served(port, root, coding="gzip", has_404=True)


def test_caddy_serves_the_directory(tmp_path: Path) -> None:
    root = published(tmp_path)
    with caddy(tmp_path, root) as port:
        assert_served(port, root, coding="br", has_404=False)


def published(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    DirectorySink(root).put(edition(1))
    return root


def assert_served(port: int, root: Path, *, coding: str, has_404: bool) -> None:
    sink = DirectorySink(root)
    for generation in (2, 3):
        sink.put(edition(generation))
        for path, name in PATHS.items():
            status, headers, body = get(port, path, coding)
            one = edition(generation).documents[name]
            assert (status, headers["content-encoding"]) == (200, coding), path
            assert body == (one.gzip if coding == "gzip" else one.brotli), path
            assert headers["content-type"].startswith(one.media_type.partition(";")[0].replace("+xml", "")[:9]), path
    assert get(port, "/", "identity")[2] == edition(3).documents["/"].body
    status, _, body = get(port, "/nowhere", "identity")
    assert status == 404
    assert not has_404 or body == edition(3).documents["/404"].body


def get(port: int, path: str, coding: str) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", path, headers={"Accept-Encoding": coding})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@contextmanager
def nginx(tmp_path: Path, root: Path) -> Iterator[int]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    temporary = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.getuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(f"""
{user} daemon off; master_process off; pid {tmp_path}/pid; events {{ }}
http {{
  access_log off; client_body_temp_path {tmp_path}/body; {temporary}
  types {{ text/html html; application/json json; text/plain txt; application/atom+xml atom; }}
  gzip_static on;
  server {{
    listen 127.0.0.1:{port};
    root {root}/current;
    rewrite ^(.+)/$ $1;
    location = / {{ try_files /index.html =404; }}
    location / {{ try_files $uri $uri.html $uri.txt $uri.json =404; }}
    error_page 404 /404.html;
  }}
}}
""")
    with serving([program, "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")], port):
        yield port


@contextmanager
def caddy(tmp_path: Path, root: Path) -> Iterator[int]:
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("caddy is not installed")
    port = free_port()
    (tmp_path / "Caddyfile").write_text(f"""{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  root * {root}/current
  @slash path_regexp slash ^(.+)/$
  rewrite @slash {{re.slash.1}}
  try_files {{path}} {{path}}.html {{path}}.txt {{path}}.json
  file_server {{
    precompressed br gzip
  }}
}}
""")
    home = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with serving([program, "run", "--config", str(tmp_path / "Caddyfile")], port, home):
        yield port


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        assert comes(lambda: is_open(port)), f"{command[0]} does not start"
        yield
    finally:
        process.terminate()
        process.wait(10)


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_what_is_stored_in_brotli_is_brotli(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    stored = (tmp_path / "current" / "index.html.br").read_bytes()
    assert brotli.decompress(stored) == edition(1).documents["/"].body
