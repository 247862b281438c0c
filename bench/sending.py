"""Sending: a whole worker against a provider that answers after 50 ms, beside bare loops of two clients.

Everything runs as it does in production: fan-out, batches on the engine, attempts before calls. The
bare loops post the same messages and keep no record; they are what the wire and the client allow.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import uvloop

from app.engine import Engine
from app.store.session import Database
from app.worker import enqueue_notices
from bench.harness import Row, machine, table
from bench.ledger import fresh_database
from notifiers.base import Notice
from tests.deliver.world import make_worker, outcomes, prepare, say
from tests.doubles.http_notifier import HttpNotifier
from tests.doubles.provider import RunningProvider, running_provider

SIZE = int(os.environ.get("SENDING_SIZE", "100000"))
IN_FLIGHT = 400
_ROOT = Path(__file__).parents[1]
_PAGE = os.sysconf("SC_PAGE_SIZE")


def run() -> str:
    """Measure and report as a Markdown table."""
    with running_provider() as provider:
        bare = bare_loop(provider, SIZE // 5)
        provider.forget()
        slow = httpx_loop(provider, SIZE // 50)
    one = {kind: mail_out(kind, 1) for kind in ("SQLite", "PostgreSQL")}
    two = mail_out("PostgreSQL", 2)
    rows = [
        *(Row((f"one worker, {kind}", f"{sent.rate:,.0f}/s", "2,500/s")) for kind, sent in one.items() if sent),
        *(Row((f"its memory grew by, {kind}", f"{sent.growth:.0%}", "")) for kind, sent in one.items() if sent),
        Row(("bare loop of the chosen client", f"{bare:,.0f}/s", "")),
        Row(("bare loop of httpx", f"{slow:,.0f}/s", "")),
    ]
    if one["PostgreSQL"] and two:
        ratio = two.rate / one["PostgreSQL"].rate
        rows.append(Row(("two workers, PostgreSQL", f"{two.rate:,.0f}/s, {ratio:.2f} x one", "1.5 x one")))
    if one["SQLite"]:
        rate = one["SQLite"].rate
        rows.append(Row(("one worker to the bare loops", f"{rate / bare:.2f}, {rate / slow:.1f}", "0.2, 10")))
    head = f"{machine('dbos', 'pyreqwest', 'httpx', 'sqlalchemy')}, {SIZE:,} messages"
    return f"{head}\n\n{table(('', 'measured', 'allowed'), rows)}"


class Sent:
    """One mail-out: messages a second, and how much its worker's memory grew between a fifth and the end."""

    def __init__(self, rate: float, growth: float) -> None:
        self.rate = rate
        self.growth = growth


def mail_out(kind: str, workers: int) -> Sent | None:
    """Send to everybody, and check that everybody got it once."""
    with fresh_database(kind) as database, running_provider() as provider:
        if database is None:
            return None
        engine = Engine(database)
        engine.prepare()
        prepare(database, SIZE)
        database.before_commit.append(enqueue_notices(engine))
        say(database)
        url = database.engine.url.render_as_string(hide_password=False)
        with ExitStack() as stack:
            pids = [stack.enter_context(_worker(url, provider)) for _ in range(workers)]
            sent = _watch(provider, pids[0])
            while set(outcomes(database)) != {"sent"}:
                time.sleep(0.2)
        counts = provider.log()["counts"]
        if len(counts) != SIZE or set(counts.values()) != {1}:
            raise RuntimeError(f"{len(counts)} of {SIZE} were told, {max(counts.values())} times at most")
        return sent


def _watch(provider: RunningProvider, pid: int) -> Sent:
    began, memory = 0.0, 0
    while True:
        taken = provider.count()
        if taken and not began:
            began, first = time.perf_counter(), taken
        if taken >= SIZE // 5 and not memory:
            memory = _memory(pid)
        if taken >= SIZE:
            rate = (taken - first) / (time.perf_counter() - began)
            return Sent(rate, _memory(pid) / memory - 1)
        time.sleep(0.05)


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


@contextmanager
def _worker(url: str, provider: RunningProvider) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.sending", url, provider.url]
    with subprocess.Popen(command, cwd=_ROOT) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def bare_loop(provider: RunningProvider, count: int) -> float:
    """Messages a second of the chosen client alone."""
    return uvloop.run(_bare(HttpNotifier("sms", provider.url), count))


async def _bare(notifier: HttpNotifier, count: int) -> float:
    letters = iter([Notice(str(number), "+15550100", text="bare") for number in range(count)])

    async def lane() -> None:
        for letter in letters:
            await notifier.send([letter])

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))
    seconds = time.perf_counter() - began
    await notifier.close()
    return count / seconds


def httpx_loop(provider: RunningProvider, count: int) -> float:
    """Messages a second of httpx alone, at the hundred connections that it allows."""
    return asyncio.run(_httpx(provider.url, count))


async def _httpx(url: str, count: int) -> float:
    numbers = iter(range(count))

    async def lane() -> None:
        for number in numbers:
            await client.post(f"{url}/messages", json={"id": str(number), "to": "+15550100", "text": "bare"})

    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(lane() for _ in range(100)))
    return count / (time.perf_counter() - began)


def _work(url: str, provider: str) -> None:
    database = Database.open(url)
    make_worker(database, {"sms": HttpNotifier("sms", provider)}).start()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    _work(*sys.argv[1:3])
