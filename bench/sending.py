"""Sending: a whole worker against a provider that answers after 50 ms, beside bare loops of two clients.

Everything runs as it does in production: fan-out, batches on the engine, attempts before calls. The
bare loops post the same messages and keep no record; they are what the wire and the client allow.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvloop
from sqlalchemy import text

from app.engine import Engine
from app.queueing import enqueue_notices
from app.store.session import Database
from bench.harness import Row, children, cpu_seconds, machine, table
from bench.ledger import fresh_database
from notifiers.base import Notice
from tests.deliver.world import make_worker, outcomes, prepare, say
from tests.doubles.http_notifier import HttpNotifier
from tests.doubles.provider import RunningProvider, running_provider

SIZE = int(os.environ.get("SENDING_SIZE", "100000"))
MOST_SECONDS = 90.0
IN_FLIGHT = 400
_ROOT = Path(__file__).parents[1]
_PAGE = os.sysconf("SC_PAGE_SIZE")


def run() -> str:
    """Measure and report as a Markdown table."""
    before = _bare_rates()
    sent = {case: mail_out(*case) for case in (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2))}
    rates = [statistics.mean(pair) for pair in zip(before, _bare_rates(), strict=True)]
    head = f"{machine('dbos', 'pyreqwest', 'httpx', 'sqlalchemy')}, {SIZE:,} messages"
    known = {case: found for case, found in sent.items() if found}
    columns = ("", "measured", "asked", "memory", "CPU: workers", "database", "provider")
    return f"{head}. CPU in seconds for 1,000 messages.\n\n{table(columns, [*_rows(known), *_ratios(known, *rates)])}"


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail-out: messages a second, how much its worker's memory grew between a fifth and the end, and CPU.

    `cpu` is in seconds for 1,000 messages: the workers', the database server's (none with SQLite), the
    provider's.
    """

    rate: float
    growth: float
    cpu: tuple[float, float, float]


def _rows(sent: Mapping[tuple[str, int], Sent]) -> list[Row]:
    rows = []
    for (kind, workers), one in sent.items():
        name = f"{'one worker' if workers == 1 else 'two workers'}, {kind}"
        allowed = "2,500/s" if workers == 1 else ""
        rows.append(
            Row((name, f"{one.rate:,.0f}/s", allowed, f"{one.growth:+.0%}", *(f"{used:.2f}" for used in one.cpu)))
        )
    return rows


def _ratios(sent: Mapping[tuple[str, int], Sent], bare: float, slow: float) -> list[Row]:
    """The workers beside one another and beside the bare loops, which ran before and after them."""
    rows = [_plain("bare loop of the chosen client", f"{bare:,.0f}/s"), _plain("bare loop of httpx", f"{slow:,.0f}/s")]
    single = [one.rate for (_, workers), one in sent.items() if workers == 1]
    rows.append(_plain("slower worker to the bare loop of its client", f"{min(single) / bare:.2f}", "0.2"))
    rows.append(_plain("slower worker to the bare loop of httpx", f"{min(single) / slow:.1f}", "10"))
    if ("PostgreSQL", 2) in sent:
        ratio = sent["PostgreSQL", 2].rate / sent["PostgreSQL", 1].rate
        rows.append(_plain("two workers to one, PostgreSQL", f"{ratio:.2f}", "1.5"))
        rows += [_share(workers, sent["PostgreSQL", workers]) for workers in (1, 2)]
    return rows


def _share(workers: int, one: Sent) -> Row:
    """How much of the machine a mail-out kept busy: near all of it, and another worker has nothing to run on."""
    cores = os.cpu_count() or 1
    busy = one.rate * sum(one.cpu) / 1000
    name = f"busy with {'one worker' if workers == 1 else 'two workers'}, database and provider"
    return _plain(name, f"{busy:.1f} of {cores} cores")


def _plain(name: str, measured: str, allowed: str = "") -> Row:
    return Row((name, measured, allowed, "", "", "", ""))


def _bare_rates() -> tuple[float, float]:
    with running_provider() as provider:
        return bare_loop(provider, SIZE // 10), httpx_loop(provider, SIZE // 100)


def mail_out(kind: str, workers: int) -> Sent | None:
    """Send to everybody, and check that everybody got it once; None where there can be no such database."""
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
            pids = [stack.enter_context(worker(url, provider)) for _ in range(workers)]
            sent = _watch(provider, pids, _server_of(database))
            _until_recorded(database)
        counts = provider.log()["counts"]
        if len(counts) != SIZE or set(counts.values()) != {1}:
            raise RuntimeError(f"{len(counts)} of {SIZE} were told, {max(counts.values())} times at most")
        return sent


def _until_recorded(database: Database) -> None:
    give_up = time.monotonic() + MOST_SECONDS
    while set(found := outcomes(database)) != {"sent"}:
        if time.monotonic() > give_up:
            raise RuntimeError(f"{MOST_SECONDS} s after the last was sent the ledger says {found}")
        time.sleep(0.2)


def _watch(provider: RunningProvider, workers: Sequence[int], server: int | None) -> Sent:
    """Look on until the provider has everything: from its first message to its last."""
    give_up = time.monotonic() + MOST_SECONDS
    first = _until(provider, 1, give_up)
    began, used = time.perf_counter(), _cpu(workers, server, provider)
    _until(provider, SIZE // 5, give_up)
    memory = _memory(workers[0])
    taken = _until(provider, SIZE, give_up) - first
    seconds = time.perf_counter() - began
    more = (now - before for now, before in zip(_cpu(workers, server, provider), used, strict=True))
    by_worker, by_database, by_provider = (1000 * each / taken for each in more)
    return Sent(taken / seconds, _memory(workers[0]) / memory - 1, (by_worker, by_database, by_provider))


def _until(provider: RunningProvider, count: int, give_up: float) -> int:
    while (taken := provider.count()) < count:
        if time.monotonic() > give_up:
            raise RuntimeError(f"after {MOST_SECONDS} s only {taken} of {SIZE} had been sent")
        time.sleep(0.05)
    return taken


def _cpu(workers: Sequence[int], server: int | None, provider: RunningProvider) -> tuple[float, float, float]:
    database = sum(cpu_seconds(pid) for pid in (server, *children(server))) if server else 0.0
    return sum(map(cpu_seconds, workers)), database, cpu_seconds(provider.pid)


def _server_of(database: Database) -> int | None:
    """The process of the database server, where it runs on this machine: its children are the backends."""
    if database.is_sqlite:
        return None
    with database.read() as session:
        folder = Path(session.execute(text("SHOW data_directory")).scalar_one())
    try:
        return int((folder / "postmaster.pid").read_text().split()[0])
    except OSError:
        return None


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


@contextmanager
def worker(url: str, provider: RunningProvider, per_second: float = 0.0) -> Iterator[int]:
    """A worker in a process of its own, at so many messages a second (0: as fast as it goes); its process id."""
    command = [sys.executable, "-m", "bench.sending", url, provider.url, str(per_second)]
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


def _work(url: str, provider: str, per_second: str) -> None:
    database = Database.open(url)
    rates = {"sms": float(per_second)} if float(per_second) else {}
    make_worker(database, {"sms": HttpNotifier("sms", provider)}, per_second=rates).start()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    _work(*sys.argv[1:4])
