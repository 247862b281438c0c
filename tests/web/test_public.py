"""The wrapper: documents from memory, the application behind, and kind answers to everything else."""

import asyncio
import base64
import gc
import gzip
import hashlib
import json
import tracemalloc
from datetime import timedelta

import brotli
import pytest
from fastapi import FastAPI, HTTPException, Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app.publish.documents import HTML, JSON, Edition, Source
from app.publish.pulse import pulse
from app.publish.sinks import MemorySink
from app.web.public import Snapshot
from tests.web.editions import AS_OF, STYLE, Client, edition, page

HOST = "status.harborpines.example"
CONSOLE = "console.harborpines.example"
CACHE_CONTROL = "public, max-age=5, s-maxage=10, stale-while-revalidate=300, stale-if-error=86400"


def application() -> FastAPI:
    """An application with routes beside, behind and across the documents."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    @app.get("/")
    def home() -> str:
        return "the console's own home"

    @app.post("/api/v2/subscribers.json")
    def subscribe() -> dict[str, str]:
        return {"subscriber": "made"}

    @app.post("/text")
    def post_text() -> str:
        return "taken"

    @app.get("/things/{name}")
    def thing(name: str) -> str:
        raise HTTPException(404, f"no thing called {name}")

    @app.get("/broken")
    def broken() -> Response:
        return Response("gone", 503)

    return app


def wrapped(
    current: Edition | None, *, public_hosts: tuple[str, ...] = (HOST, "127.0.0.1", "::1"), secure: bool = False
) -> Snapshot:
    memory = MemorySink()
    if current:
        memory.put(current)
    return Snapshot(
        application(),
        memory,
        public_hosts=public_hosts,
        console_hosts=(CONSOLE,),
        secure=secure,
        clock=lambda: AS_OF + timedelta(seconds=12.5),
    )


@pytest.fixture
def client() -> Client:
    return Client(wrapped(edition()))


# Documents


def test_it_serves_a_document_with_every_header_of_the_contract(client: Client) -> None:
    reply = client.ask("/", accept_encoding="gzip, br")
    assert reply.status == 200
    assert brotli.decompress(reply.body) == page("Member dashboard sign-in is down. It's not just you.")
    digest = edition().documents["/"].digest
    expected = {
        "content-type": HTML,
        "content-encoding": "br",
        "content-length": str(len(reply.body)),
        "etag": f'"{digest}-br"',
        "last-modified": "Fri, 09 Oct 2026 22:30:15 GMT",
        "cache-control": CACHE_CONTROL,
        "vary": "Accept-Encoding",
        "x-content-type-options": "nosniff",
    }
    assert {name: reply[name] for name in expected} == expected
    assert "set-cookie" not in reply
    assert "strict-transport-security" not in reply


def test_each_coding_has_its_own_strong_tag_and_the_same_text(client: Client) -> None:
    replies = {coding: client.ask("/", accept_encoding=coding) for coding in ("br", "gzip", "identity")}
    assert len({reply["etag"] for reply in replies.values()}) == 3
    assert not any(reply["etag"].startswith("W/") for reply in replies.values())
    assert gzip.decompress(replies["gzip"].body) == replies["identity"].body == brotli.decompress(replies["br"].body)
    assert "content-encoding" not in replies["identity"]


def test_repeated_accept_encoding_fields_count_together(client: Client) -> None:
    reply = client.ask("/", headers=[(b"accept-encoding", b"gzip"), (b"accept-encoding", b"br")])
    assert reply["content-encoding"] == "br"


def test_head_answers_as_get_without_the_body(client: Client) -> None:
    for path in ("/", "/api/v2/summary.json", "/nowhere"):
        get, head = client.ask(path), client.ask(path, "HEAD")
        assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")
        assert head["content-length"] == str(len(get.body))


@pytest.mark.parametrize("query", [b"a=1", b"_=1700000000", b"%ff%00", b"?" * 9_000, b"\xff"])
def test_query_strings_are_ignored(client: Client, query: bytes) -> None:
    assert client.ask("/", query=query).body == client.ask("/").body


def test_a_304_repeats_what_a_cache_needs(client: Client) -> None:
    first = client.ask("/", accept_encoding="gzip")
    again = client.ask("/", accept_encoding="gzip", if_none_match=first["etag"])
    assert (again.status, again.body) == (304, b"")
    assert all(again[name] == first[name] for name in ("etag", "last-modified", "cache-control", "vary"))
    assert "content-length" not in again


def test_a_tag_counts_only_for_its_own_coding(client: Client) -> None:
    tag = client.ask("/", accept_encoding="gzip")["etag"]
    assert client.ask("/", accept_encoding="br", if_none_match=tag).status == 200
    assert client.ask("/", accept_encoding="gzip", if_none_match=f'"x", W/{tag}').status == 304
    assert client.ask("/", accept_encoding="br", if_none_match="*").status == 304
    assert client.ask("/", "HEAD", accept_encoding="gzip", if_none_match=tag).status == 304


def test_the_tag_outweighs_the_date(client: Client) -> None:
    future = "Sat, 10 Oct 2026 00:00:00 GMT"
    assert client.ask("/", if_modified_since=future).status == 304
    assert client.ask("/", if_modified_since=future, if_none_match='"other"').status == 200
    assert client.ask("/", if_modified_since="Fri, 09 Oct 2026 22:30:14 GMT").status == 200
    assert client.ask("/", if_modified_since="not a date").status == 200


@pytest.mark.parametrize("path", ["/api/v2/summary.json", "/history.atom", "/text"])
def test_what_programs_read_may_be_read_from_any_site(client: Client, path: str) -> None:
    reply = client.ask(path)
    assert reply["access-control-allow-origin"] == "*"
    assert client.ask(path, if_none_match=reply["etag"])["access-control-allow-origin"] == "*"
    assert client.ask("/").headers.count((b"access-control-allow-origin", b"*")) == 0


def test_pages_carry_a_policy_that_allows_their_own_style_and_no_other(client: Client) -> None:
    policy = client.ask("/")["content-security-policy"]
    fingerprint = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{fingerprint}';" in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert client.ask("/")["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "content-security-policy" not in client.ask("/api/v2/summary.json")


def test_a_style_inside_the_text_is_not_blessed() -> None:
    smuggled = b"<html><head><title>x</title></head><body><style>p{display:none}</style></body></html>"
    reply = Client(wrapped(edition(1, Source("/", HTML, smuggled)))).ask("/")
    assert "style-src 'self';" in reply["content-security-policy"]


def test_hashed_assets_may_be_kept_for_ever(client: Client) -> None:
    reply = client.ask("/static/page.0123456789ab.js")
    assert reply["cache-control"] == "public, max-age=31536000, immutable"


def test_it_asks_for_https_only_where_readers_come_by_https() -> None:
    reply = Client(wrapped(edition(), secure=True)).ask("/")
    assert reply["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "path",
    ["/api/v2/summary", "/api/v2/summary.json", "/api/v2/summary/", "/api/v2/summary.json/"],
)
def test_the_api_is_found_with_and_without_its_ending(client: Client, path: str) -> None:
    assert client.ask(path)["content-type"] == JSON


def test_a_final_slash_is_forgiven(client: Client) -> None:
    assert client.ask("/incidents/a1b2c3d4e5f6/").status == 200
    assert client.ask("/es").body == client.ask("/es/").body
    assert client.ask("/es").status == 200
    assert client.ask("/incidents/a1b2c3d4e5f6//").status == 404


def test_only_the_api_forgives_an_ending(client: Client) -> None:
    assert client.ask("/text.json").status == 404


def test_a_new_edition_is_served_from_the_next_request_on() -> None:
    snapshot = wrapped(edition())
    client = Client(snapshot)
    old = client.ask("/")
    snapshot._memory.put(edition(2, Source("/", HTML, page("Everything is working"))))
    new = client.ask("/", if_none_match=old["etag"])
    assert new.status == 200
    assert b"Everything is working" in new.body


def test_a_document_that_is_no_longer_published_is_gone() -> None:
    snapshot = wrapped(edition(1, Source("/drill", HTML, page("Drill"))))
    client = Client(snapshot)
    assert client.ask("/drill").status == 200
    snapshot._memory.put(edition(2))
    assert client.ask("/drill").status == 404


# The application behind


def test_the_application_owns_what_is_not_a_document(client: Client) -> None:
    assert client.ask("/broken").body == b"gone"
    assert client.ask("/api/v2/subscribers.json", "POST").status == 200


def test_a_document_comes_before_a_route_of_the_same_path(client: Client) -> None:
    assert b"not just you" in client.ask("/").body


def test_a_404_that_a_route_meant_is_left_alone(client: Client) -> None:
    reply = client.ask("/things/lamp")
    assert reply.status == 404
    assert json.loads(reply.body) == {"detail": "no thing called lamp"}


def test_a_404_of_a_mounted_folder_is_left_alone(tmp_path: object) -> None:
    memory = MemorySink()
    memory.put(edition())
    app = application()
    app.mount("/files", StaticFiles(directory=str(tmp_path)))
    assert b"Not here" not in Client(Snapshot(app, memory, public_hosts=[HOST])).ask("/files/none").body


def test_writing_to_a_document_is_refused_with_what_is_allowed(client: Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "BREW"):
        reply = client.ask("/incidents/a1b2c3d4e5f6", method)
        assert reply.status == 405
        assert reply["allow"] == "GET, HEAD, OPTIONS"
        assert b"read" in reply.body


def test_a_route_may_take_what_is_written_to_a_document(client: Client) -> None:
    assert client.ask("/text", "POST").status == 200
    reply = client.ask("/text", "PUT")
    assert reply.status == 405
    assert reply["allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_browser_may_ask_first(client: Client) -> None:
    reply = client.ask("/api/v2/summary.json", "OPTIONS", origin="https://a.example")
    assert (reply.status, reply.body) == (204, b"")
    assert reply["access-control-allow-origin"] == "*"
    assert "GET" in reply["access-control-allow-methods"]


def test_what_is_not_http_is_the_applications() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    snapshot = Snapshot(app, MemorySink(), public_hosts=[HOST])
    for kind in ("lifespan", "websocket"):
        asyncio.run(snapshot({"type": kind}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan", "websocket"]


# What is not there


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/\ufffd",
        "/incidents/\x00",
        "/a\nb",
        "/" + "a" * 70_000,
        "/" + "é" * 3_000,
        "*",
        "///",
        "/../etc/passwd",
    ],
)
def test_a_missing_page_still_shows_the_verdict(client: Client, path: str) -> None:
    reply = client.ask(path)
    assert reply.status == 404
    assert b"Not here. Sign-in is down." in reply.body
    assert reply["content-type"] == HTML
    assert reply["cache-control"] == "public, max-age=5"
    assert "etag" not in reply


def test_a_missing_page_is_compressed_too_and_never_a_304(client: Client) -> None:
    later = "Sat, 10 Oct 2026 00:00:00 GMT"
    assert client.ask("/nowhere", if_modified_since=later).status == 404
    reply = client.ask("/nowhere", accept_encoding="br", if_none_match="*")
    assert reply.status == 404
    assert b"Not here" in brotli.decompress(reply.body)


def test_a_missing_page_speaks_the_language_of_its_path(client: Client) -> None:
    assert "No está aquí" in client.ask("/es/nada").body.decode()
    assert b"Not here" in client.ask("/fr/rien").body
    assert b"Not here" in client.ask("/essay").body


def test_the_404_document_is_never_a_200_and_its_namesakes_are(client: Client) -> None:
    assert client.ask("/404").status == 404
    assert client.ask("/es/404").status == 404
    assert client.ask("/components/404").status == 200


def test_programs_get_a_missing_document_in_json(client: Client) -> None:
    reply = client.ask("/api/v2/nothing.json")
    assert reply.status == 404
    assert "no document" in json.loads(reply.body)["error"]
    assert reply["access-control-allow-origin"] == "*"


def test_without_a_404_document_there_is_a_sentence() -> None:
    only = Edition(1, AS_OF, {"/": edition().documents["/"]})
    reply = Client(wrapped(only)).ask("/nowhere")
    assert (reply.status, reply.body) == (404, b"There is no page at this address.\n")


@given(st.text(max_size=40), st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "DELETE"]))
def test_no_path_is_a_server_error(path: str, method: str) -> None:
    client = Client(wrapped(edition()))
    assert client.ask("/" + path.encode("utf-8", "replace").decode(), method).status < 500


# Hosts


@pytest.mark.parametrize(
    "host",
    [b"status.harborpines.example:8443", b"STATUS.HarborPines.EXAMPLE", b"status.harborpines.example.", b"[::1]:80"],
)
def test_a_public_host_is_known_however_it_is_spelled(host: bytes) -> None:
    assert Client(wrapped(edition()), host).ask("/").status == 200


@pytest.mark.parametrize("host", [b"evil.example", b"sub.status.harborpines.example", b"localhost", b"[::2]"])
def test_an_unknown_host_is_misdirected(host: bytes) -> None:
    for path in ("/", "/broken", "/nowhere", "/\ufffd"):
        for method in ("GET", "POST", "OPTIONS"):
            reply = Client(wrapped(edition()), host).ask(path, method)
            assert reply.status == 421
            assert host not in reply.body
    assert b"does not answer for the host name" in reply.body
    assert reply["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "host", [None, b"", b"a b", b"user@status.harborpines.example", b"status.harborpines.example/x"]
)
def test_a_missing_or_malformed_host_is_a_bad_request(host: bytes | None) -> None:
    assert Client(wrapped(edition()), host).ask("/").status == 400


def test_two_hosts_are_a_bad_request(client: Client) -> None:
    assert client.ask("/", headers=[(b"host", HOST.encode())]).status == 400


def test_http_1_0_may_leave_the_host_out_but_is_nobody_then() -> None:
    assert Client(wrapped(edition()), None).ask("/", version="1.0").status == 421


def test_the_console_host_belongs_to_the_application() -> None:
    client = Client(wrapped(edition()), CONSOLE.encode())
    assert client.ask("/").body == b'"the console\'s own home"'
    assert json.loads(client.ask("/nowhere").body) == {"detail": "Not Found"}
    assert client.ask("/text").status == 405


@pytest.mark.parametrize("host", ["*", "*.example", "", "a b", "https://status.example", "status.example/"])
def test_a_wildcard_or_worse_is_refused_at_the_start(host: str) -> None:
    with pytest.raises(ValueError, match="not an exact host name"):
        wrapped(edition(), public_hosts=(host,))


# Before the first edition, and health


def test_before_the_first_edition_it_says_so() -> None:
    client = Client(wrapped(None))
    reply = client.ask("/incidents/1")
    assert reply.status == 503
    assert reply["retry-after"] == "5"
    assert b"Try again" in reply.body
    assert client.ask("/broken").body == b"gone"


def test_health_names_the_generation_and_its_age(client: Client) -> None:
    reply = client.ask("/healthz")
    assert reply.status == 200
    assert json.loads(reply.body) == {
        "status": "ok",
        "generation": 1,
        "as_of": "2026-10-09T22:30:15.250000+00:00",
        "age_seconds": 12.5,
    }
    assert reply["cache-control"] == "no-store"


def test_health_is_503_until_there_is_an_edition_and_asks_for_no_host() -> None:
    assert Client(wrapped(None), b"10.0.0.7").ask("/healthz").status == 503
    assert Client(wrapped(edition()), b"10.0.0.7").ask("/healthz").status == 200
    assert Client(wrapped(edition()), None).ask("/healthz", version="1.0").status == 200


# Bounds


def test_a_flood_of_strange_requests_leaves_nothing_behind() -> None:
    client = Client(wrapped(edition()))

    def flood(round_: int) -> None:
        for number in range(1_500):
            odd = f"{round_}-{number}"
            client.ask(f"/{odd}/" + "x" * 500, accept_encoding=f"gzip;q=0.{number}, {odd}")
            Client(client.app, f"{odd}.example".encode()).ask("/")

    flood(0)
    tracemalloc.start()
    flood(1)
    gc.collect()
    ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/app/*")])
    tracemalloc.stop()
    assert sum(trace.size for trace in ours.traces) < 400_000


# Certificates on demand


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (b"domain=status.harborpines.example", 200),
        (b"domain=STATUS.harborpines.example", 200),
        (b"domain=stranger.example", 404),
        (b"domain=", 404),
        (b"", 404),
        (b"domain=%FF%00", 404),
        (b"&&&=%%%", 404),
    ],
)
def test_it_says_for_which_names_a_certificate_may_be_obtained(client: Client, query: bytes, status: int) -> None:
    client.host = b"127.0.0.1"
    assert client.ask("/tls/ask", query=query).status == status


def test_it_tells_when_the_publisher_was_last_seen_alive():
    snapshot = wrapped(edition())
    assert Client(snapshot).ask("/pulse.json").status != 200
    snapshot._memory.pulse = pulse(AS_OF)
    for asked in (
        Client(snapshot).ask("/pulse.json"),
        snapshot.document_answer("/pulse.json", {b"host": HOST.encode()}),
    ):
        assert asked.status == 200
        assert asked.body == pulse(AS_OF)
    headers = dict(snapshot.document_answer("/pulse.json", {b"host": HOST.encode()}).headers)
    assert headers[b"cache-control"] == b"no-cache"
    assert headers[b"access-control-allow-origin"] == b"*"
    assert snapshot.document_answer("/pulse.json", {b"host": CONSOLE.encode()}) is None
