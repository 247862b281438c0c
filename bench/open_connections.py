"""Ten thousand phones with the page open, two thousand requests a second, while updates publish.

    python -m bench open_connections

nginx serves the directory with the configuration that `deploy/` ships; another process freezes and
publishes the demo outage anew every ten seconds. The phones keep their connections and ask again
every five seconds on the average, with the ETag they have: mostly 304, and once after each update
the whole page. A page whose body is not the one that its ETag and length promise is a failure.
"""

import asyncio
import gzip
import multiprocessing
import os
import random
import re
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import uvloop

from app.publish.catalogue import all_parts
from app.publish.directory import DirectorySink
from app.publish.publisher import Press
from bench.harness import Row, children, cpu_seconds, free_port, machine, program, running, table
from tests.publish.snapshots import EASTER, demo_snapshot

CONNECTIONS = 10_000
PER_SECOND = 2_000
SECONDS = 30
SETTLE = 5
UPDATE_EVERY = 10.0
ANSWER_WITHIN = 10.0
"""Seconds after which a phone gives up, as a failure: so the bench ends within a minute and a half whatever happens."""

P99_ALLOWED_MS = 50.0

_DEPLOY = Path(__file__).parents[1] / "deploy" / "nginx" / "documents.conf"


@dataclass
class Seen:
    """What the phones saw: milliseconds of every answer, and how many were what."""

    times: list[float] = field(default_factory=list)
    whole: int = 0
    unchanged: int = 0
    failed: int = 0


def run() -> str:
    """Measure and report as a Markdown table."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with (
        tempfile.TemporaryDirectory() as folder,
        _publishing(Path(folder)) as updates,
        _nginx(Path(folder)) as (port, pid),
    ):
        before = sum(map(cpu_seconds, children(pid)))
        seen = uvloop.run(_read(port))
        spent = sum(map(cpu_seconds, children(pid))) - before
        published = updates.value
    return _report(seen, published, spent)


@contextmanager
def _publishing(folder: Path) -> Iterator["multiprocessing.sharedctypes.Synchronized[int]"]:
    """Another process that publishes into the folder until the block ends; counts what it published."""
    context = multiprocessing.get_context("spawn")
    updates, ready = context.Value("i", 0), context.Event()
    worker = context.Process(target=publish_for_ever, args=(folder, updates, ready), daemon=True)
    worker.start()
    try:
        if not ready.wait(60):
            raise RuntimeError("The publisher of the bench did not publish within a minute.")
        yield updates
    finally:
        worker.terminate()
        worker.join()


def publish_for_ever(folder: Path, updates, ready) -> None:  # type: ignore[no-untyped-def]
    """The worker's part: the outage a minute later each time, rendered, compressed and written."""
    press, sink = Press({}), DirectorySink(folder / "documents")
    while True:
        snapshot = demo_snapshot(at=EASTER + timedelta(minutes=updates.value))
        sink.put(press.print(updates.value + 1, snapshot, all_parts(snapshot)))
        updates.value += 1
        ready.set()
        time.sleep(UPDATE_EVERY)


@contextmanager
def _nginx(folder: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    documents = _DEPLOY.read_text().replace("/srv/porchlight/var/public", str(folder / "documents"))
    (folder / "documents.conf").write_text(documents)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"""
{user} daemon off; worker_processes 2; worker_rlimit_nofile 32768; pid {folder}/pid;
events {{ worker_connections 16384; }}
http {{
  access_log off; client_body_temp_path {folder}/body; keepalive_requests 1000000; keepalive_timeout 75s;
  sendfile on; tcp_nopush on;
  server {{
    listen 127.0.0.1:{port} backlog=16384;
    include {folder}/documents.conf;
    location = / {{ try_files /index.html =404; }}
    location / {{ try_files $uri $uri.html =404; }}
  }}
}}
""")
    command = [program("nginx"), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with running(command, port) as pid:
        yield port, pid


async def _read(port: int) -> Seen:
    """All phones: they connect over a few seconds, then ask at their own times."""
    seen = Seen()
    begin = time.perf_counter() + SETTLE + CONNECTIONS / 2_500
    phones = [asyncio.create_task(_phone(port, number, begin, seen)) for number in range(CONNECTIONS)]
    await asyncio.gather(*phones)
    return seen


async def _phone(port: int, number: int, begin: float, seen: Seen) -> None:
    chance = random.Random(number)  # noqa: S311 - when a phone asks is no secret
    every = CONNECTIONS / PER_SECOND
    await asyncio.sleep(number / 2_500)
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), ANSWER_WITHIN)
    except OSError:
        seen.failed += 1
        return
    due, tag = begin + chance.random() * every, b""
    while due < begin + SECONDS:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            tag = await asyncio.wait_for(_ask(reader, writer, tag, due, seen), ANSWER_WITHIN)
        except (OSError, EOFError, ValueError, AttributeError):
            seen.failed += 1
            break
        due += every * (0.8 + 0.4 * chance.random())
    writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tag: bytes, due: float, seen: Seen) -> bytes:
    condition = b"If-None-Match: " + tag + b"\r\n" if tag else b""
    writer.write(b"GET / HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n" + condition + b"\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    body = b""
    if status == 200:
        body = await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))  # type: ignore[index]
    seen.times.append((time.perf_counter() - due) * 1000)
    if status == 200:
        seen.whole += 1
        if seen.whole % 50 == 0 and not gzip.decompress(body).endswith(b"</html>"):
            seen.failed += 1
    elif status == 304:
        seen.unchanged += 1
    else:
        seen.failed += 1
    return re.search(rb'(?i)etag: ("[^"]+"|W/"[^"]+")', head)[1]  # type: ignore[index]


def _report(seen: Seen, published: int, cpu: float) -> str:
    times = sorted(seen.times)
    rows = [
        Row(("open connections", f"{CONNECTIONS:,}", f"{CONNECTIONS:,}")),
        Row(("requests a second", f"{len(times) / SECONDS:,.0f}", f"{PER_SECOND:,}")),
        Row(("failed", f"{seen.failed}", "0")),
        Row(("median", f"{times[len(times) // 2]:.1f} ms", "")),
        Row(("p99", f"{times[int(len(times) * 0.99)]:.1f} ms", f"{P99_ALLOWED_MS:.0f} ms")),
        Row(("whole pages, unchanged", f"{seen.whole:,}, {seen.unchanged:,}", "")),
        Row(("updates published meanwhile", f"{published}", "")),
        Row(("CPU of nginx", f"{cpu / SECONDS:.0%} of a core", "")),
    ]
    return f"{machine()}\n\n{table(('', 'measured', 'asked'), rows)}"
