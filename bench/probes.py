"""500 probes every 30 seconds on one worker: how much of one core do they take?

Half look at a real page on this machine, half at a real port; claims, looks and results go through
the same `take_turn` as in a worker, on SQLite. `python -m bench probes`
"""

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.commands.components import ComponentDraft, save_components
from app.commands.probes import add_probe
from app.domain.probes import ProbeDraft, ProbeKind
from app.monitor.probes.reaching import Reach, is_watchable
from app.monitor.probes.turns import take_turn
from app.store.probes import probe_rows
from app.store.schema import migrate
from app.store.session import Database
from bench.harness import Row, table
from tests.doubles.serving import free_port

PROBES, EVERY, TICK, LASTS = 500, 30, 5, 60
MOST = 0.20
"""Of one core."""

SERVER = """
import sys
from aiohttp import web
async def up(request): return web.Response(text="up")
app = web.Application()
app.router.add_get("/up", up)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def run() -> str:
    """Measure and report."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)])
    try:
        with tempfile.TemporaryDirectory() as folder:
            time.sleep(2)
            share, looks, well = measured(Database.open(f"sqlite:///{Path(folder)}/bench.db"), port)
    finally:
        server.terminate()
        server.wait(10)
    return table(
        ("500 probes every 30 s", "measured", "allowed"),
        [
            Row(("share of one core", f"{share:.1%}", f"{MOST:.0%}")),
            Row(("looks in a minute", f"{looks:,}", "")),
            Row(("probes well in the end", f"{well}", f"{PROBES}")),
        ],
    )


def measured(database: Database, port: int) -> tuple[float, int, int]:
    """The share of a core, how many looks there were, and how many probes are well in the end."""
    migrate(database)
    page = ProbeDraft(ProbeKind.HTTP, {"url": f"http://127.0.0.1:{port}/up", "text": "up"}, timedelta(seconds=EVERY))
    line = ProbeDraft(ProbeKind.TCP, {"host": "127.0.0.1", "port": str(port)}, timedelta(seconds=EVERY))
    with database.transaction() as session:
        save_components(session, [ComponentDraft("all", "Everything")], now=now())
        for number in range(PROBES):
            add_probe(session, "all", page if number % 2 else line, now=now())
    began, used, looks = time.monotonic(), _used(), 0
    while (passed := time.monotonic() - began) < LASTS:
        looks += take_turn(database, Reach(is_watchable), now)
        time.sleep(max(0.0, TICK - (time.monotonic() - began - passed)))
    share = (_used() - used) / (time.monotonic() - began)
    with database.read() as session:
        well = sum(row.state == "working" for row, _ in probe_rows(session))
    return share, looks, well


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
