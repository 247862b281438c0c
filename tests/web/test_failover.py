"""The MLS's own names while they point here: any path, any method, any query."""

import asyncio
import json

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from app.publish.catalogue import all_parts
from app.publish.documents import Edition, compress
from app.publish.sinks import MemorySink
from app.web.failover import Form, form_for
from app.web.public import Snapshot
from tests.publish.snapshots import demo_snapshot
from tests.web.editions import Client

DASHBOARD = "dashboard.hpmls.example"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def edition(generation: int = 1, *, outage: bool = True) -> Edition:
    """The demo organisation with its dashboard's name pointed here."""
    snapshot = demo_snapshot(outage=outage)
    parts = all_parts(snapshot, [DASHBOARD, "hpmls.example"])
    documents = {part.path: compress(part.source(), snapshot.as_of, part.effort) for part in parts}
    return Edition(generation, snapshot.as_of, documents)


@pytest.fixture(scope="module")
def whole() -> Edition:
    return edition()


async def never(scope, receive, send):
    """The application behind: no request for the MLS's names may reach it."""
    raise AssertionError(f"{scope['method']} {scope['path']} came through")


def wrapped(memory: MemorySink) -> Snapshot:
    return Snapshot(
        never,
        memory,
        public_hosts=["status.hpmls.example"],
        failover_hosts=[DASHBOARD, "hpmls.example", "new.hpmls.example"],
        secure=True,
    )


@pytest.fixture
def client(whole: Edition) -> Client:
    memory = MemorySink()
    memory.put(whole)
    return Client(wrapped(memory), host=DASHBOARD.encode())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", ["/", "/go/mls", "/healthz", "/admin", "/subscribe", "/hooks/twilio/message", "/../x"])
def test_r34_any_address_of_the_mls_shows_the_outage_document_whatever_is_asked(client, method, path):
    reply = client.ask(path, method, query=b"utm=1", accept=BROWSER)
    assert reply.status == 503
    assert reply["retry-after"] == "120"
    assert reply["cache-control"] == "no-store"
    assert "You asked for Member dashboard" in reply.body.decode()


def test_it_answers_head_without_a_body(client):
    reply = client.ask("/anything", "HEAD", accept=BROWSER)
    assert (reply.status, reply.body) == (503, b"")
    assert int(reply["content-length"]) > 1_000


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER, "text/html; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("application/json, text/plain, */*", "application/json; charset=utf-8"),
        ("application/vnd.reso+json", "application/json; charset=utf-8"),
        ("text/html;q=0.5, application/json", "application/json; charset=utf-8"),
        ("text/html;q=0, */*", "text/plain; charset=utf-8"),
        ("*/*", "text/plain; charset=utf-8"),
        ("image/webp", "text/plain; charset=utf-8"),
        ("", "text/plain; charset=utf-8"),
    ],
)
def test_it_speaks_the_language_of_whoever_asks(client, accept, kind):
    assert client.ask("/api/listings", accept=accept)["content-type"] == kind


def test_it_gives_programs_an_error_they_can_read(client):
    facts = json.loads(client.ask("/reso/odata/Property", accept="application/json").body)
    assert facts["error"] == "service_unavailable"
    assert facts["status_page"].startswith("https://")


def test_it_sets_no_cookie_repeats_nothing_and_binds_no_browser_to_https(client):
    reply = client.ask(
        "/<script>alert(1)</script>",
        "POST",
        query=b"q=reflected-query",
        accept=BROWSER,
        cookie="session=reflected-cookie",
        authorization="Bearer reflected-token",
        referer="https://evil.example/reflected-referer",
    )
    said = reply.body + b"".join(name + value for name, value in reply.headers)
    for secret in (b"reflected", b"alert(1)"):
        assert secret not in said
    for header in ("set-cookie", "strict-transport-security", "location", "etag", "access-control-allow-origin"):
        assert header not in reply, header


def test_it_reads_no_body():
    asked = []

    async def receive() -> Message:
        asked.append(True)
        return {"type": "http.request", "body": b"password=secret", "more_body": True}

    async def send(message: Message) -> None:
        pass

    memory = MemorySink()
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/login", "query_string": b""}
    asyncio.run(wrapped(memory)(scope | {"headers": [(b"host", DASHBOARD.encode())]}, receive, send))
    assert asked == []


def test_it_lets_robots_in(client):
    reply = client.ask("/robots.txt")
    assert reply.status == 200
    assert reply.body == b"User-agent: *\nDisallow:\n"


def test_it_compresses_once_for_everybody(client):
    reply = client.ask("/", accept=BROWSER, accept_encoding="br")
    assert b"You asked for" in brotli.decompress(reply.body)
    assert reply["vary"] == "Accept, Accept-Encoding"
    assert client.ask("/x", accept=BROWSER, accept_encoding="br").body is reply.body


def test_it_follows_the_edition(whole):
    memory = MemorySink()
    client = Client(wrapped(memory), host=DASHBOARD.encode())
    first = client.ask("/", accept=BROWSER)
    assert (first.status, first["retry-after"]) == (503, "120")
    memory.put(whole)
    assert b"You asked for" in client.ask("/", accept=BROWSER).body
    memory.put(edition(2, outage=False))
    assert b"still remembers an old address" in client.ask("/", accept=BROWSER).body


def test_it_answers_for_a_name_that_the_edition_does_not_know_yet(client):
    client.host = b"new.hpmls.example"
    reply = client.ask("/", accept=BROWSER)
    assert (reply.status, reply["cache-control"], reply["retry-after"]) == (503, "no-store", "120")


def test_it_knows_the_name_with_a_port_in_capitals_and_with_a_final_dot(client):
    for spelling in (b"Dashboard.HPMLS.example:443", b"dashboard.hpmls.example."):
        client.host = spelling
        assert client.ask("/").status == 503


def test_it_keeps_these_documents_from_the_page_itself(whole):
    memory = MemorySink()
    memory.put(whole)

    async def nobody(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    page = Snapshot(nobody, memory, public_hosts=["status.hpmls.example"], failover_hosts=[DASHBOARD])
    client = Client(page, host=b"status.hpmls.example")
    assert client.ask("/").status == 200
    assert client.ask(f"/failover/{DASHBOARD}.html").status == 404


def test_it_refuses_a_name_that_is_ours_and_the_mls_at_once():
    with pytest.raises(ValueError, match="at once"):
        Snapshot(never, MemorySink(), public_hosts=["mls.example"], failover_hosts=["MLS.example"])


@given(st.binary(max_size=2_000))
def test_it_makes_something_of_any_accept_header(accept):
    assert form_for(accept) in Form
