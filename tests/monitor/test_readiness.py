"""Whether the installation can do its work now, part by part; and the signal whose absence raises the alarm."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import web

from app.monitor.heartbeat import Heartbeat
from app.monitor.readiness import Readiness, readiness
from app.publish.documents import Edition
from app.store.heartbeats import beat
from app.store.outbox import mark_published, unpublished
from app.store.publication import publication
from app.store.session import Database
from app.web.ready import build_ready
from tests.commands.world import NOW, build
from tests.doubles.serving import serving
from tests.web.editions import Client, edition


@pytest.fixture
def well(database: Database) -> Database:
    """A database in which a worker lives and everything is published, as generation 1."""
    with database.transaction() as session:
        build(session)
        beat(session, "one", "worker", NOW - timedelta(seconds=5))
        session.flush()
        mark_published(session, [event.id for event in unpublished(session)], 1)
        publication(session).generation = 1
    return database


def troubles(database: Database, shown: Edition | None = edition(1), far: str = "", **later: float) -> dict[str, str]:  # noqa: B008
    found = readiness(database, shown, far, now=NOW + timedelta(**later))
    return {part.name: part.trouble for part in found if not part.is_ready}


def test_it_is_ready_when_all_is_well(well):
    assert troubles(well) == {}


def test_it_is_not_ready_without_a_worker(well):
    assert troubles(well, minutes=1) == {"worker": "No worker has given a sign of life in the last 30 seconds."}


def test_it_is_not_ready_when_changes_wait_too_long(database):
    with database.transaction() as session:
        build(session)
        beat(session, "one", "worker", NOW + timedelta(minutes=3))
    assert "publishing" in troubles(database, minutes=3)
    assert "publishing" not in troubles(database, minutes=1)


def test_it_is_not_ready_while_it_shows_an_old_generation(well):
    with well.transaction() as session:
        publication(session).generation = 2
    assert troubles(well) == {}
    with well.transaction() as session:
        publication(session).generation = 3
    assert troubles(well) == {"page": "This process is 2 generations behind."}
    assert "page" in troubles(well, None)


def test_it_is_not_ready_while_the_bucket_is_out(well):
    assert troubles(well, far="The bucket is out.") == {"bucket": "The bucket is out."}


def test_it_says_that_the_database_is_away():
    away = Database.open("postgresql://nobody@127.0.0.1:9/none")
    found = troubles(away)
    away.close()
    assert list(found) == ["database"]


@dataclass
class Listener:
    """Hears signs of life, and answers as told."""

    status: int = 200
    heard: int = 0

    def app(self) -> web.Application:
        """What listens."""
        app = web.Application()
        app.router.add_post("/alive", self._hear)
        return app

    async def _hear(self, _: web.Request) -> web.Response:
        self.heard += 1
        return web.Response(status=self.status)


def test_it_gives_a_sign_of_life_only_while_all_is_ready():
    listener, parts = Listener(), [Readiness("worker"), Readiness("database")]
    with serving(listener.app()) as port:
        heartbeat = Heartbeat(f"http://127.0.0.1:{port}/alive", lambda: parts)
        assert heartbeat.beat()
        parts[0] = Readiness("worker", "No worker has given a sign of life.")
        assert not heartbeat.beat()
        assert listener.heard == 1


def test_it_notices_that_nobody_heard_it():
    listener = Listener(status=500)
    with serving(listener.app()) as port:
        assert not Heartbeat(f"http://127.0.0.1:{port}/alive", list).beat()
    assert not Heartbeat("http://127.0.0.1:9/alive", list).beat()


def test_the_address_answers_503_and_names_the_part():
    parts = {"database": True, "worker": False}
    client = Client(build_ready(lambda: parts))
    answer = client.ask("/readyz")
    assert answer.status == 503
    assert json.loads(answer.body) == {"status": "not ready", "parts": {"database": "ready", "worker": "not ready"}}
    parts["worker"] = True
    assert client.ask("/readyz").status == 200
    assert client.ask("/readyz")["cache-control"] == "no-store"
