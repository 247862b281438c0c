"""From pressing Publish to a reader seeing it, with readers at 500 requests a second meanwhile.

    python -m bench publish_to_visible

The embedded size: one process is page, console and worker on SQLite. A comms lead signs in and
posts a hundred updates through the console's own form; the time runs from sending the form until
the update stands in what the page serves. Readers in another process take every answer apart: a
body whose digest is not the one its ETag names would be a torn page.
"""

import asyncio
import hashlib
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bench.harness import Row, free_port, machine, running, table

UPDATES = 100
READERS_PER_SECOND = 500
REST = 0.5
"""Seconds between updates; a person needs more."""
READER_PATHS = ("/", "/text", "/api/v2/summary.json", "/es/", "/history.atom")
LIMITS = {"median": 250.0, "worst": 1000.0, "p99": 20.0}
"""Milliseconds that the issue allows."""

_EMAIL, _PASSWORD = "bench@elsewhere.example", "a bench beneath the porch lamp"
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Readers:
    """What the readers saw: answers, failures, torn pages and the 99th percentile in milliseconds."""

    answers: int
    failed: int
    torn: int
    p99_ms: float
    worst_ms: float


def run() -> str:
    """Measure and report as a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PORCHLIGHT_DATABASE_URL": f"sqlite:///{folder}/porchlight.db",
            "PORCHLIGHT_DATA_DIR": folder,
            "PORCHLIGHT_LOG_LEVEL": "WARNING",
        }
        _porchlight(environment, "demo", "load", "--outage")
        _porchlight(environment, "accounts", "add", _EMAIL, "--name", "Bench", "--password-stdin")
        port = free_port()
        command = [sys.executable, "-m", "app.cli", "up", "--port", str(port)]
        with running(command, port, environment):
            waits, readers = _measure(f"http://127.0.0.1:{port}")
    return _report(waits, readers)


def _porchlight(environment: dict[str, str], *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        env={**os.environ, **environment},
        cwd=_ROOT,
        input=f"{_PASSWORD}\n",
        text=True,
        check=True,
        capture_output=True,
    )


def _measure(base: str) -> tuple[list[float], Readers]:
    ours, theirs = multiprocessing.Pipe()
    readers = multiprocessing.get_context("spawn").Process(target=read_until_told, args=(base, theirs))
    with httpx.Client(base_url=base, headers={"sec-fetch-site": "same-origin"}, timeout=30) as lead:
        lead.post("/admin/sign-in", data={"email": _EMAIL, "password": _PASSWORD})
        incident = lead.get("/api/v2/incidents/unresolved.json").json()["incidents"][0]["id"]
        _post(lead, incident, "warm-up")
        readers.start()
        ours.recv()
        waits = [_post_and_rest(lead, incident, number) for number in range(UPDATES)]
    ours.send("stop")
    seen: Readers = ours.recv()
    readers.join()
    return waits, seen


def _post_and_rest(lead: httpx.Client, incident: str, number: int) -> float:
    """One update as a person posts it: the files of the one before are on disk by then."""
    time.sleep(REST)
    return _post(lead, incident, f"Update number {number} of the bench.")


def _post(lead: httpx.Client, incident: str, words: str) -> float:
    """Milliseconds from sending the form until the words stand in what the page serves."""
    page = lead.get(f"/admin/incidents/{incident}").text
    fields = {name or also: value or chosen for name, value, also, chosen in _FIELD.findall(page)} | _words(words)
    began = time.perf_counter()
    answer = lead.post(f"/admin/incidents/{incident}/updates", data=fields)
    if answer.status_code != 303:
        raise RuntimeError(f"the console answered {answer.status_code}: {answer.text[:2000]}")
    while words not in lead.get("/api/v2/incidents/unresolved.json").text:
        time.sleep(0.005)
    return (time.perf_counter() - began) * 1000


_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"|name="(promise)" value="([^"]+)" checked')


def _words(words: str) -> dict[str, str]:
    return {
        "status": "identified",
        "what_happened": words,
        "what_we_are_doing": "The bench is measuring.",
        "done": "The bench has begun.",
        "next_step": "The bench goes on.",
        "components": "sso-dashboard",
        "state.sso-dashboard": "major_outage",
        "notify": "no",
    }


def read_until_told(base: str, pipe: Connection) -> None:
    """The readers' process: a steady rate of requests over kept-alive connections, until told to stop."""
    pipe.send("ready")
    pipe.send(asyncio.run(_read(urlsplit(base).hostname or "", urlsplit(base).port or 80, pipe)))


async def _read(host: str, port: int, pipe: Connection) -> Readers:
    times: list[float] = []
    faults = {"failed": 0, "torn": 0}
    lanes = [asyncio.create_task(_lane(host, port, number, times, faults, pipe)) for number in range(10)]
    await asyncio.gather(*lanes)
    times.sort()
    return Readers(
        answers=len(times),
        failed=faults["failed"],
        torn=faults["torn"],
        p99_ms=times[int(len(times) * 0.99)],
        worst_ms=times[-1],
    )


async def _lane(
    host: str, port: int, number: int, times: list[float], faults: dict[str, int], pipe: Connection
) -> None:
    """One connection at its share of the rate; a slow answer does not slow the schedule."""
    reader, writer = await asyncio.open_connection(host, port)
    every = 10 / READERS_PER_SECOND
    due = time.perf_counter() + number * every / 10
    turn = number
    while not pipe.poll():
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        path = READER_PATHS[turn % len(READER_PATHS)]
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
        times.append((time.perf_counter() - due) * 1000)
        faults["failed"] += not head.startswith(b"HTTP/1.1 200")
        faults["torn"] += hashlib.blake2b(body, digest_size=12).hexdigest().encode() not in head
        due, turn = due + every, turn + 1
    writer.close()


def _report(waits: list[float], readers: Readers) -> str:
    rows = [
        Row(("publish to visible, median", f"{statistics.median(waits):.0f} ms", f"{LIMITS['median']:.0f} ms")),
        Row((f"publish to visible, worst of {len(waits)}", f"{max(waits):.0f} ms", f"{LIMITS['worst']:.0f} ms")),
        Row(("readers, p99 meanwhile", f"{readers.p99_ms:.1f} ms", f"{LIMITS['p99']:.0f} ms")),
        Row(("readers, worst meanwhile", f"{readers.worst_ms:.1f} ms", "")),
        Row(("answers, failed, torn", f"{readers.answers:,}, {readers.failed}, {readers.torn}", "0, 0")),
    ]
    return f"{machine('uvicorn', 'dbos', 'brotli')}\n\n{table(('', 'measured', 'allowed'), rows)}"
