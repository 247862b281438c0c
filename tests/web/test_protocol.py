"""The protocol: the same bytes as the wrapper, and uvicorn's manners where it matters."""

import contextlib
import inspect
import logging
import random
import socket
import time
from collections.abc import Iterator

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.web.protocol import SnapshotProtocol, protocol_for
from tests.web.editions import edition
from tests.web.served import LIMITS, Counting, snapshot
from tests.web.wire import Wire, request, serving


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    wrapper = snapshot()
    with serving(wrapper, protocol_for(wrapper, LIMITS), timeout_keep_alive=1) as number:
        yield number


@pytest.fixture(scope="module")
def plain_port() -> Iterator[int]:
    with serving(snapshot()) as number:
        yield number


@pytest.fixture
def wire(port: int) -> Iterator[Wire]:
    with Wire(port) as connection:
        yield connection


# The same as the wrapper


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path", ["/", "/?x=%ff", "/text", "/es/", "/api/v2/summary", "/404", "/static/page.0123456789ab.js"]
)
@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("Accept-Encoding: gzip, br",),
        ("accept-ENCODING: gzip", "Accept-Encoding: br;q=0.1"),
        ("If-None-Match: *",),
        ("If-Modified-Since: Sat, 10 Oct 2026 00:00:00 GMT", "Cookie: a=b", "Authorization: Basic eA=="),
    ],
)
def test_it_says_to_the_byte_what_the_wrapper_says(
    port: int, plain_port: int, method: str, path: str, fields: tuple[str, ...]
) -> None:
    with Wire(port) as ours, Wire(plain_port) as plain:
        before = Counting.calls
        fast = ours.ask(path, *fields, method=method)
        assert Counting.calls == before
        slow = plain.ask(path, *fields, method=method)
        assert Counting.calls == before + 1
    assert (fast.undated, fast.body) == (slow.undated, slow.body)
    assert "date" in fast.headers


@pytest.mark.parametrize(
    ("path", "fields", "method", "status"),
    [
        ("/nowhere", (), "GET", 404),
        ("/%69ncidents/a1b2c3d4e5f6", (), "GET", 200),
        ("http://127.0.0.1/text", (), "GET", 200),
        ("/healthz", (), "GET", 200),
        ("/", (), "OPTIONS", 204),
        ("/", ("Host: 127.0.0.1",), "GET", 400),
        ("/", ("Content-Length: 0",), "GET", 200),
        ("/", ("Upgrade: h2c", "Connection: Upgrade"), "GET", 200),
        ("/", ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"), "GET", 200),
        ("/", ("Expect: 100-continue",), "GET", 200),
        ("/%ff%00", (), "GET", 404),
        ("/" + "a" * 30_000, (), "GET", 404),
    ],
)
def test_what_is_not_plain_goes_the_ordinary_way(
    wire: Wire, path: str, fields: tuple[str, ...], method: str, status: int
) -> None:
    before = Counting.calls
    assert wire.ask(path, *fields, method=method).status == status
    assert Counting.calls == before + 1


def test_another_host_is_misdirected(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert wire.reply().status == 421


def test_no_host_is_a_bad_request(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\n\r\n")
    assert wire.reply().status == 400


def test_a_reader_of_the_access_log_sees_every_path_and_no_query(caplog: pytest.LogCaptureFixture) -> None:
    wrapper = snapshot()
    with (
        caplog.at_level(logging.INFO, "uvicorn.access"),
        serving(wrapper, protocol_for(wrapper)) as number,
        Wire(number) as connection,
    ):
        connection.ask("/text?secret=1")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert line.endswith('"GET /text HTTP/1.1" 200')


# Manners


def test_a_connection_is_kept_for_further_requests(wire: Wire) -> None:
    assert [wire.ask(path).status for path in ("/", "/text", "/echo", "/", "/nowhere", "/")] == [
        200,
        200,
        200,
        200,
        404,
        200,
    ]


def test_a_client_may_ask_to_close(wire: Wire) -> None:
    reply = wire.ask("/", "Connection: close")
    assert reply.headers["connection"] == "close"
    assert wire.ends() == b""


def test_http_1_0_is_answered_and_closed(wire: Wire) -> None:
    wire.send(b"GET /text HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    reply = wire.reply()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert wire.ends() == b""


def test_pipelined_requests_are_answered_in_their_order(wire: Wire) -> None:
    paths = ["/text", "/echo", "/es/", "/slow", "/history.atom", "/text", "/echo"]
    wire.send(b"".join(request(path) for path in paths))
    bodies = [wire.reply().body for _ in paths]
    documents = edition().documents
    expected = [documents[path].body if path in documents else b"echo:" for path in paths]
    assert bodies == expected


def test_nothing_is_answered_after_the_last_answer(wire: Wire) -> None:
    wire.send(request("/text", "Connection: close") + request("/es/") + request("/echo"))
    before = Counting.calls
    assert wire.reply().body == edition().documents["/text"].body
    assert wire.ends() == b""
    assert Counting.calls == before


def test_a_request_may_arrive_in_any_pieces(port: int) -> None:
    parts = [request("/text"), request("/echo", "Content-Length: 5", method="POST") + b"hello", request("/es/")]
    sent = b"".join(parts)
    choose = random.Random(11)  # noqa: S311 - repeatable, not secret
    for _ in range(25):
        cuts = sorted(choose.sample(range(1, len(sent)), 6))
        with Wire(port) as connection:
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
                connection.send(sent[start:end])
                time.sleep(0.002)
            documents = edition().documents
            bodies = [connection.reply().body for _ in parts]
            assert bodies == [documents["/text"].body, b"echo:hello", documents["/es/"].body]


def test_bodies_reach_the_application_whole(wire: Wire) -> None:
    chunked = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
    wire.send(request("/echo", "Transfer-Encoding: chunked", method="POST") + chunked)
    assert wire.reply().body == b"echo:abcde"
    large = b"x" * 300_000
    wire.send(request("/echo", f"Content-Length: {len(large)}", method="POST") + large)
    assert wire.reply().body == b"echo:" + large
    assert wire.ask("/text").status == 200


def test_a_body_on_a_get_is_not_taken_for_the_next_request(wire: Wire) -> None:
    inner = request("/echo")
    wire.send(request("/text", f"Content-Length: {len(inner)}") + inner + request("/es/"))
    assert wire.reply().body == edition().documents["/text"].body
    assert wire.reply().body == edition().documents["/es/"].body


def test_it_tells_a_client_to_go_on(wire: Wire) -> None:
    wire.send(request("/echo", "Content-Length: 2", "Expect: 100-continue", method="POST"))
    assert wire.reply().status == 100
    wire.send(b"ok")
    assert wire.reply().body == b"echo:ok"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    ],
)
def test_what_is_not_http_gets_400_and_the_door(wire: Wire, garbage: bytes) -> None:
    wire.send(garbage)
    assert wire.reply().status == 400
    assert wire.ends() == b""


# Size


def test_a_head_that_is_too_large_is_refused_in_words(port: int) -> None:
    for fields in ((f"X: {'x' * 40_000}",), tuple(f"X-{number}: {'y' * 40}" for number in range(900))):
        with Wire(port) as connection:
            reply = connection.ask("/", *fields)
            assert reply.status == 431
            assert b"too large" in reply.body
            connection.ends()


def test_a_head_that_never_ends_is_refused(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\n")
    sent = 0
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while sent < 1_000_000:
            wire.send(b"X: " + b"x" * 600 + b"\r\n")
            sent += 605
            time.sleep(0.001)
    assert LIMITS.header_bytes < sent < 1_000_000  # what the kernel still takes depends on how busy the machine is


def test_a_large_body_does_not_count_as_head(wire: Wire) -> None:
    wire.send(request("/echo", "Content-Length: 60000", method="POST") + b"z" * 60_000 + request("/text"))
    assert len(wire.reply().body) == 60_005
    assert wire.reply().status == 200


def test_many_pipelined_requests_do_not_count_as_one_head(wire: Wire) -> None:
    wire.send(request("/text", f"X: {'x' * 1_000}", method="HEAD") * 60)
    assert all(wire.reply("HEAD").status == 200 for _ in range(60))


def test_a_queue_without_end_is_not_kept(wire: Wire) -> None:
    wire.send(request("/slow") + request("/text") * 3_000)
    assert wire.ends() == b""


# What it is tied to


def test_uvicorn_is_still_built_as_this_protocol_expects() -> None:
    """Read app/web/protocol.py again when this fails: uvicorn changed something that it overrides or relies on."""
    overridden = {
        name: list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters)[1:]
        for name in vars(SnapshotProtocol)
        if name in vars(HttpToolsProtocol) and not name.startswith("__")
    }
    assert overridden == {
        "connection_made": ["transport"],
        "connection_lost": ["exc"],
        "handle_websocket_upgrade": [],
        "data_received": ["data"],
        "pause_writing": [],
        "resume_writing": [],
        "send_400_response": ["msg"],
        "on_message_begin": [],
        "on_headers_complete": [],
        "on_body": ["body"],
        "on_message_complete": [],
        "on_response_complete": [],
    }
    relied_on = {"disconnected", "response_started", "response_complete"}
    assert relied_on <= set(RequestResponseCycle.__init__.__code__.co_names)


def test_random_bytes_never_hurt_the_next_reader(port: int) -> None:
    choose = random.Random(3)  # noqa: S311 - repeatable, not secret
    for _ in range(60):
        whole = bytearray(request("/text", "Accept-Encoding: br", "Content-Length: 3") + b"abc")
        for _ in range(choose.randrange(1, 6)):
            whole[choose.randrange(len(whole))] = choose.randrange(256)
        with Wire(port) as connection:
            connection.send(bytes(whole))
    with Wire(port) as connection:
        assert connection.ask("/").status == 200
