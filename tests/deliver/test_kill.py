"""kill -9 at every named point and at random: nobody is lost, and nobody is told twice.

Three rounds on each database; KILL_ROUNDS asks for more.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.commands.notices import retry_failed
from app.domain.subscribers import SubscriptionStatus
from app.engine import Engine
from app.queueing import enqueue_notices
from app.store.notices import newest_notices
from app.store.session import Database
from app.store.subscribers import SubscriptionRow
from app.web.console import build_console
from tests.commands.sign_ups import VAULT
from tests.deliver.victim import POINTS
from tests.deliver.world import now, outcomes, prepare, say
from tests.doubles.provider import RunningProvider, running_provider
from tests.web.consoles import HOST, Browser

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))
AUDIENCE = 700
PATIENCE = 90.0
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@contextmanager
def victim(
    url: str, provider: RunningProvider, point: str = "none", count: int = 1
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own; killed at the end if it still lives."""
    command = [sys.executable, "-m", "tests.deliver.victim", url, provider.url, point, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def queue_notice(database: Database) -> None:
    """An audience, and a notice to it that waits for a worker."""
    Engine(database).prepare()
    prepare(database, AUDIENCE)
    engine = Engine(database)
    database.before_commit.append(enqueue_notices(engine))
    say(database)


def finish(database: Database, url: str, provider: RunningProvider) -> None:
    """A worker that nobody kills ends what is left."""
    with victim(url, provider) as process:
        end = time.monotonic() + PATIENCE
        while set(outcomes(database)) != {"sent"} and time.monotonic() < end:
            assert process.poll() is None
            time.sleep(0.2)


def assert_everybody_once(database: Database, provider: RunningProvider) -> None:
    assert outcomes(database) == {"sent": AUDIENCE}
    counts = provider.log()["counts"]
    assert len(counts) == AUDIENCE
    assert set(counts.values()) == {1}


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_a_named_point_loses_nobody_and_tells_nobody_twice(
    database: Database, database_url: str, point: str
) -> None:
    queue_notice(database)
    with running_provider() as provider:
        for count in (2, 5):
            with victim(database_url, provider, point, count) as process:
                process.wait(PATIENCE)
        finish(database, database_url, provider)
        assert_everybody_once(database, provider)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_deaths_at_random_lose_nobody_and_tell_nobody_twice(database: Database, database_url: str, seed: int) -> None:
    luck = random.Random(seed)  # noqa: S311 - repeatable
    queue_notice(database)
    with running_provider() as provider:
        for _ in range(2):
            before = provider.count()
            with victim(database_url, provider) as process:
                while provider.count() == before < AUDIENCE and process.poll() is None:
                    time.sleep(0.02)
                time.sleep(luck.uniform(0.0, 0.3))
        finish(database, database_url, provider)
        assert_everybody_once(database, provider)


SPEAK_AND_DIE = """
import os, sys
from app.engine import Engine
from app.store.notices import newest_notices
from app.store.session import Database
from app.queueing import enqueue_notices
from tests.deliver.world import say

database = Database.open(sys.argv[1])
database.before_commit.append(enqueue_notices(Engine(database)))
if sys.argv[2] == "before":
    database.before_commit.append(lambda _: os.kill(os.getpid(), 9))
say(database)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("moment", "told"), [("before", 0), ("after", AUDIENCE)])
def test_a_process_that_dies_while_it_speaks_says_it_wholly_or_not_at_all(
    database: Database, database_url: str, moment: str, told: int
) -> None:
    Engine(database).prepare()
    prepare(database, AUDIENCE)
    command = [sys.executable, "-c", SPEAK_AND_DIE, database_url, moment]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=PATIENCE).returncode == -9
    with database.read() as session:
        assert len(newest_notices(session)) == bool(told)
    with running_provider() as provider:
        if told:
            finish(database, database_url, provider)
            assert_everybody_once(database, provider)
        else:
            with victim(database_url, provider):
                time.sleep(4)
            assert provider.count() == 0


SHORT_HOLD = timedelta(seconds=1)

PUBLISH_AND_DIE = """
import json, os, sys
import app.commands.notices
from app.engine import Engine
from app.store.session import Database
from app.queueing import enqueue_notices
from tests.deliver.test_kill import SHORT_HOLD
from tests.deliver.world import now, subscribe
from tests.web.consoles import Console, Time
from tests.web.test_admin_incidents import NEW, a_new_form

app.commands.notices.HOLD = SHORT_HOLD
url, moment, kept, audience = sys.argv[1:]
database = Database.open(url)
console = Console(database, time=Time(now()))
with database.transaction() as session:
    subscribe(session, int(audience))
browser = console.signed_in()
form = a_new_form(browser)
with open(kept, "w") as file:
    json.dump([dict(browser.cookies), form], file)
database.before_commit.append(enqueue_notices(Engine(database)))
die = lambda *_: os.kill(os.getpid(), 9)
(database.before_commit if moment == "before" else database.on_commit).append(die)
browser.post(NEW, data=form)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_web_process_that_dies_while_it_publishes_loses_and_doubles_nothing(
    database: Database, database_url: str, tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser hears nothing either way, and its owner presses Publish again."""
    monkeypatch.setattr("app.commands.notices.HOLD", SHORT_HOLD)
    Engine(database).prepare()
    kept = tmp_path / "form.json"
    command = [sys.executable, "-c", PUBLISH_AND_DIE, database_url, moment, str(kept), str(AUDIENCE)]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=PATIENCE).returncode == -9
    with database.read() as session:
        assert len(newest_notices(session)) == (moment == "after")
    database.before_commit.append(enqueue_notices(Engine(database)))
    cookies, form = json.loads(kept.read_text())
    app = build_console(
        database, vault=VAULT, clock=now, secure_cookies=False, admin_hosts={HOST}, public_url="https://s.example"
    )
    browser = Browser(app, f"http://{HOST}", address="192.0.2.7", headers={})
    browser.cookies.update(cookies)
    assert browser.post("/admin/incidents", data=form).status_code == 303
    with database.read() as session:
        assert len(newest_notices(session)) == 1
    with running_provider() as provider:
        finish(database, database_url, provider)
        assert_everybody_once(database, provider)


def test_failed_ones_that_are_tried_again_are_sent_by_the_next_worker(database: Database, database_url: str) -> None:
    queue_notice(database)
    with running_provider() as provider:
        provider.be("permanent")
        with victim(database_url, provider):
            end = time.monotonic() + PATIENCE
            while outcomes(database) != {"failed": AUDIENCE} and time.monotonic() < end:
                time.sleep(0.2)
        assert outcomes(database) == {"failed": AUDIENCE}
        provider.be("well")
        with database.transaction() as session:
            session.execute(sa.update(SubscriptionRow).values(status=SubscriptionStatus.ACTIVE))
            (notice,) = newest_notices(session)
            assert retry_failed(session, notice.id or 0, now=now()) == AUDIENCE
        finish(database, database_url, provider)
        assert_everybody_once(database, provider)
