"""A sender of twenty messages a second: whether its rate is kept, and how soon urgent words overtake a mail-out.

Whole workers in processes of their own: one on SQLite, two on PostgreSQL that share the rate. The
provider refuses whatever is above the rate and one chunk, so that a burst would show as a slower rate.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.domain.deliveries import chunk_size
from app.engine import Engine
from app.queueing import enqueue_notices
from app.store.notices import newest_notices
from app.store.session import Database
from bench.harness import Row, machine, table
from bench.ledger import fresh_database
from bench.sending import worker
from tests.deliver.world import now, prepare, say
from tests.doubles.provider import RunningProvider, running_provider

RATE = 20.0
AUDIENCE = 400
BEFORE = 8.0
AFTER = 16.0
_PATIENCE = 60.0
_CHUNK = chunk_size(RATE)


@dataclass(frozen=True, slots=True)
class Paced:
    """Messages a second, the most in any one second, and the seconds from a post to its first message."""

    rate: float
    worst: int
    overtaken: float


def run() -> str:
    """Measure and report as a Markdown table."""
    cases = {"one worker, SQLite": ("SQLite", 1), "two workers, PostgreSQL": ("PostgreSQL", 2)}
    found = {name: paced(*case) for name, case in cases.items()}
    rows = [row for name, one in found.items() if one for row in _rows(name, one)]
    return f"{machine('dbos', 'sqlalchemy')}\n\n{table(('', 'measured', 'asked'), rows)}"


def _rows(name: str, one: Paced) -> list[Row]:
    return [
        Row((f"{name}: rate", f"{one.rate:.2f}/s", f"{RATE * 0.95:.0f} to {RATE * 1.05:.0f}/s")),
        Row((f"{name}: most in one second", str(one.worst), f"at most {RATE:.0f} + {_CHUNK}")),
        Row((f"{name}: overtaken after", f"{one.overtaken:.1f} s", "5 s")),
    ]


def paced(kind: str, workers: int) -> Paced | None:
    """A mail-out and an outage at this rate; None where there can be no such database."""
    with fresh_database(kind) as database, running_provider() as provider:
        if database is None:
            return None
        provider.be(limit=RATE + _CHUNK)
        Engine(database).prepare()
        prepare(database, AUDIENCE)
        database.before_commit.append(enqueue_notices(Engine(database)))
        _plan(database)
        url = database.engine.url.render_as_string(hide_password=False)
        with ExitStack() as stack:
            for _ in range(workers):
                stack.enter_context(worker(url, provider, RATE))
            _until_first(provider)
            time.sleep(BEFORE)
            say(database)
            posted = time.time()
            time.sleep(AFTER)
            log = provider.log()
        said = [at for (_, text), at in zip(log["texts"], log["moments"], strict=True) if text == "investigating"]
        return Paced(*_pace(log["moments"]), min(said) - posted)


def _plan(database: Database) -> None:
    """Planned work, told to everybody at once."""
    start = now() + timedelta(days=2)
    draft = MaintenanceDraft("New servers", "They move.", ["dashboard"], start, start + timedelta(hours=2))
    with database.transaction() as session:
        schedule_maintenance(session, draft, now=now())
        session.execute(sa.text("UPDATE outbox SET generation = 1"))
        notice = newest_notices(session)[0]
        notice.held_until = now()
        session.info["notices"] = [(notice.id, timedelta(0))]


def _until_first(provider: RunningProvider) -> None:
    give_up = time.monotonic() + _PATIENCE
    while not provider.count():
        if time.monotonic() > give_up:
            raise RuntimeError(f"nothing was sent in {_PATIENCE:.0f} s")
        time.sleep(0.05)


def _pace(moments: Sequence[float]) -> tuple[float, int]:
    """Messages a second once the first chunk, which is free, has gone; and the most in any second."""
    rate = (len(moments) - _CHUNK) / (moments[-1] - moments[0])
    worst = max(sum(begin <= at < begin + 1 for at in moments) for begin in moments)
    return rate, worst
