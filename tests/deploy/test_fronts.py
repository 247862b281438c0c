"""The page, and the MLS's own names, behind nginx and behind Caddy with what `deploy/` ships."""

import json
from datetime import UTC, datetime

import brotli
import pytest

from app.publish.directory import DirectorySink
from app.publish.pulse import PulseFile, pulse
from tests.deploy.front import BROWSER, DASHBOARD, Front, Program, caddy, demo_edition, nginx, the_program

NOW = datetime(2026, 4, 5, 2, 41, tzinfo=UTC)


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def place(request, tmp_path_factory):
    """A web server, and the program behind it."""
    with the_program() as (program, port), request.param(tmp_path_factory.mktemp("front"), port) as front:
        yield front, program


@pytest.fixture
def front(place) -> Front:
    return place[0]


@pytest.fixture
def program(place) -> Program:
    place[1].seen.clear()
    return place[1]


def test_it_serves_the_page_without_asking_the_program(front, program):
    for path, media_type in (
        ("/", "text/html"),
        ("/es/", "text/html"),
        ("/history", "text/html"),
        ("/history/", "text/html"),
        ("/text", "text/plain"),
        ("/api/v2/summary.json", "application/json"),
        ("/history.atom", "application/atom+xml"),
        ("/calendar.ics", "text/calendar"),
    ):
        reply = front.ask(path, accept_encoding="gzip")
        assert reply.status == 200, path
        assert reply.headers["content-type"].startswith(media_type), path
        assert reply.headers["content-encoding"] == "gzip", path
        assert reply.headers["cache-control"].startswith("public, max-age=5, s-maxage=10"), path
        assert reply.headers["x-content-type-options"] == "nosniff", path
    assert program.seen == []
    assert "content-security-policy" in front.ask("/").headers
    assert front.ask("/api/v2/summary.json").headers["access-control-allow-origin"] == "*"


def test_it_lets_assets_be_kept_for_ever(front):
    asset = next(path for path in demo_edition().documents if path.startswith("/static/"))
    assert "immutable" in front.ask(asset).headers["cache-control"]


def test_it_hands_the_rest_to_the_program(front, program):
    assert front.ask("/admin", method="POST", body=b"x=1").body == b"the program"
    assert front.ask("/subscribe").body == b"the program"
    assert program.seen == [("POST", "/admin"), ("GET", "/subscribe")]


def test_it_turns_to_the_next_edition_at_once(front):
    sink = DirectorySink(front.documents)
    sink.put(demo_edition(2, outage=False))
    assert b"Everything is working." in front.ask("/").body
    sink.put(demo_edition(3))
    assert b"not just you" in front.ask("/").body


def test_it_tells_when_the_publisher_was_last_seen_alive_without_asking_the_program(front, program):
    PulseFile(front.documents).beat(NOW)
    reply = front.ask("/pulse.json", accept_encoding="gzip")
    assert (reply.status, reply.body) == (200, pulse(NOW))
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["content-type"].startswith("application/json")
    assert program.seen == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/go/mls?x=1", "/admin", "/api/v2/summary.json"])
def test_it_answers_503_at_the_mls_names_whatever_is_asked(front, program, method, path):
    body = b"password=secret" if method in ("POST", "PUT", "PATCH") else None
    reply = front.ask(path, DASHBOARD, method=method, body=body, accept=BROWSER, cookie="session=1")
    assert reply.status == 503
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers["retry-after"] == "120"
    assert reply.headers["cache-control"] == "no-store"
    assert b"You asked for Member dashboard" in reply.body
    for header in ("set-cookie", "strict-transport-security", "etag", "location"):
        assert header not in reply.headers, header
    assert program.seen == []


def test_it_speaks_to_programs_at_the_mls_names_as_they_ask(front):
    facts = front.ask("/reso/odata", DASHBOARD, accept="application/json")
    assert facts.status == 503
    assert json.loads(facts.body)["error"] == "service_unavailable"
    words = front.ask("/", DASHBOARD, accept="*/*")
    assert words.headers["content-type"].startswith("text/plain")
    assert words.body.startswith(b"You asked for Member dashboard")


def test_it_lets_robots_in_at_the_mls_names(front):
    reply = front.ask("/robots.txt", DASHBOARD)
    assert (reply.status, reply.body.split()) == (200, [b"User-agent:", b"*", b"Disallow:"])


def test_it_keeps_the_outage_documents_from_the_page(front):
    assert front.ask(f"/failover/{DASHBOARD}.html").status == 404


def test_it_compresses_the_outage_document_too(front):
    reply = front.ask("/", DASHBOARD, accept=BROWSER, accept_encoding="gzip, br")
    assert reply.status == 503
    assert reply.headers["content-encoding"] in ("gzip", "br")
    if reply.headers["content-encoding"] == "br":
        assert b"You asked for" in brotli.decompress(reply.body)


def test_the_page_goes_on_when_the_program_is_gone(tmp_path):
    with nginx(tmp_path, 9) as front:
        assert front.ask("/").status == 200
        assert front.ask("/", DASHBOARD, accept=BROWSER).status == 503
        gone = front.ask("/admin")
        assert gone.status == 503
        assert b"not just you" in gone.body


def test_a_name_that_is_not_ours_gets_nothing(tmp_path):
    with nginx(tmp_path, 9) as front, pytest.raises(OSError, match=r"(?i)unrecognized|handshake|alert"):
        front.ask("/", "stranger.example")
