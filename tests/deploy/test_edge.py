"""nginx on another host, with what `deploy/` ships: it goes on with what it kept when Porchlight's own host is gone."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.publish.pulse import pulse
from app.publish.sinks import MemorySink
from app.web.connections import Limits
from app.web.protocol import protocol_for
from app.web.public import Snapshot
from tests.deploy.front import BROWSER, DASHBOARD, MLS, PAGE, Front, demo_edition, edge
from tests.ports import free_port
from tests.publish.stored import comes

NOW = datetime(2026, 4, 5, 2, 41, tzinfo=UTC)


class Origin:
    """Porchlight's own web side over the demo, with a console that knows who asks. It can be killed."""

    def __init__(self) -> None:
        self.memory = MemorySink()
        self.memory.put(demo_edition())
        self.memory.pulse = pulse(NOW)
        self.asked: list[tuple[str, str, bytes]] = []
        site = Snapshot(self._count_through, self.memory, public_hosts=[PAGE], failover_hosts=MLS, secure=True)
        self.port = free_port()
        config = uvicorn.Config(
            site, port=self.port, http=protocol_for(site, Limits()), access_log=False, lifespan="off", log_level="error"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    async def _count_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        body = (await receive()).get("body", b"")
        self.asked.append((scope["method"], scope["path"], headers.get(b"cookie", b"")))
        answer = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store"), (b"set-cookie", b"a=1")]
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        await send({"type": "http.response.body", "body": b"for you alone " + str(len(self.asked)).encode() + body})

    def start(self) -> None:
        self._thread.start()
        assert comes(lambda: _answers(self.port))

    def die(self) -> None:
        self._server.force_exit = self._server.should_exit = True
        self._thread.join(10)
        assert comes(lambda: not _answers(self.port))


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _place(folder) -> Iterator[tuple[Front, Origin]]:
    origin = Origin()
    origin.start()
    try:
        with edge(folder, origin.port) as front:
            yield front, origin
    finally:
        origin.die()


@pytest.fixture
def place(tmp_path) -> Iterator[tuple[Front, Origin]]:
    with _place(tmp_path) as found:
        yield found


def test_it_asks_the_origin_once_whatever_stands_in_the_query(place):
    front, _ = place
    assert front.ask("/?first").headers["x-cache"] == "MISS"
    for query in ("", "?a=1", "?a=2", "?utm_source=text"):
        reply = front.ask(f"/{query}", cookie="session=1", accept_encoding="deflate")
        assert (reply.status, reply.headers["x-cache"]) == (200, "HIT"), query
    assert b"not just you" in front.ask("/").body


def test_every_coding_is_kept_apart(place):
    front, _ = place
    for accepted, given in (("gzip", "gzip"), ("gzip, br", "br"), ("identity", None)):
        for _ in range(2):
            assert front.ask("/", accept_encoding=accepted).headers.get("content-encoding") == given


@pytest.mark.slow
def test_the_page_and_the_outage_documents_stay_when_the_origin_dies(place):
    front, origin = place
    before = {path: front.ask(path).body for path in ("/", "/text", "/api/v2/summary.json", "/pulse.json")}
    outage = {form: front.ask("/", DASHBOARD, accept=form).body for form in (BROWSER, "application/json", "*/*")}
    origin.die()
    time.sleep(11)  # what may be kept ten seconds has been
    for path, body in before.items():
        reply = front.ask(path)
        assert (reply.status, reply.body) == (200, body), path
    for form, body in outage.items():
        for method in ("GET", "POST", "DELETE"):
            reply = front.ask("/any/path", DASHBOARD, method=method, accept=form, cookie="session=1")
            assert (reply.status, reply.body) == (503, body), (form, method)
            assert reply.headers["retry-after"] == "120"
            assert reply.headers["cache-control"] == "no-store"
    assert json.loads(before["/pulse.json"]) == {"at": "2026-04-05T02:41:00Z"}
    assert front.ask("/admin").status == 502


@pytest.mark.slow
def test_a_pulse_is_never_older_than_seconds_while_the_origin_lives(place):
    front, origin = place
    assert front.ask("/pulse.json").body == pulse(NOW)
    origin.memory.pulse = pulse(NOW.replace(minute=42))
    time.sleep(6)
    assert front.ask("/pulse.json").body == pulse(NOW.replace(minute=42))


def test_nothing_for_one_person_is_ever_kept(place):
    front, origin = place
    for path in ("/admin", "/admin/incidents/new", "/subscribe", "/es/subscribe/1", "/v1/pages", "/somewhere/else"):
        first, second = front.ask(path, cookie="session=1"), front.ask(path, cookie="session=2")
        assert first.body != second.body, path
        assert "set-cookie" in first.headers, path
    of_admin = [cookie for _, path, cookie in origin.asked if path == "/admin"]
    assert of_admin == [b"session=1", b"session=2"]
    assert [cookie for _, path, cookie in origin.asked if path == "/somewhere/else"] == [b"", b""]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_any_path_and_method_at_the_mls_names_is_the_one_outage_document(place, method):
    front, origin = place
    reply = front.ask("/go/mls?x=1", DASHBOARD, method=method, accept=BROWSER, cookie="session=1")
    assert reply.status == 503
    assert reply.headers["content-type"].startswith("text/html")
    assert method == "HEAD" or b"You asked for Member dashboard" in reply.body
    assert "set-cookie" not in reply.headers
    assert "strict-transport-security" not in reply.headers
    assert origin.asked == []
    assert front.ask("/robots.txt", DASHBOARD).status == 200
