"""An end to every wait for a client, and room for the next one."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from app.web.connections import Limits, room_for
from app.web.protocol import protocol_for
from tests.web.served import LARGE, LIMITS, LOOKS, snapshot
from tests.web.wire import Wire, request, serving


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    wrapper = snapshot()
    with serving(wrapper, protocol_for(wrapper, LIMITS), timeout_keep_alive=1) as number:
        yield number


@pytest.fixture
def wire(port: int) -> Iterator[Wire]:
    with Wire(port) as connection:
        yield connection


# Time


def test_a_connection_that_says_nothing_is_closed(wire: Wire) -> None:
    assert LIMITS.header_seconds - 0.1 < wire.ends_after() < LIMITS.header_seconds + LOOKS + 0.4


def test_headers_that_drip_are_closed_in_words(wire: Wire) -> None:
    took = wire.drip(request("/", "User-Agent: " + "x" * 100), 0.05)
    assert took < LIMITS.header_seconds + LOOKS + 0.6
    assert b"408 Request Timeout" in wire.ends()


def test_the_headers_of_a_second_request_have_a_deadline_too(wire: Wire) -> None:
    wire.ask("/")
    wire.send(b"GET / HTTP/1.1\r\nHost:")
    assert wire.reply().status == 408
    assert wire.ends() == b""


def test_half_a_request_behind_a_whole_one_has_a_deadline_too(wire: Wire) -> None:
    wire.send(request("/text") + b"GET / HT")
    assert wire.reply().status == 200
    assert wire.reply().status == 408


def test_empty_lines_buy_no_time(wire: Wire) -> None:
    wire.ask("/")
    assert wire.drip(b"\r\n" * 40, 0.05) < 1 + LOOKS + 0.6


@pytest.mark.parametrize("path", ["/", "/echo"])
def test_an_idle_connection_is_kept_for_uvicorns_time_and_no_longer(wire: Wire, path: str) -> None:
    wire.ask(path)
    time.sleep(0.7)
    assert wire.ask(path).status == 200
    assert 0.9 < wire.ends_after() < 1 + LOOKS + 0.4


def test_a_body_that_stops_is_closed_in_words(wire: Wire) -> None:
    wire.send(request("/echo", "Content-Length: 100", method="POST") + b"half")
    reply = wire.reply()
    assert reply.status == 408
    assert wire.ends() == b""


def test_a_body_that_drips_is_closed(wire: Wire) -> None:
    wire.send(request("/echo", "Content-Length: 10000", method="POST"))
    assert wire.drip(b"x" * 200, 0.02) < LIMITS.body_seconds + LOOKS + 0.6


def test_a_body_that_comes_steadily_has_all_the_time_it_needs(wire: Wire) -> None:
    wire.send(request("/echo", "Content-Length: 12000", method="POST"))
    for _ in range(20):
        wire.send(b"x" * 600)
        time.sleep(0.1)
    assert len(wire.reply().body) == 12_005


def test_an_application_may_think_longer_than_a_client_may_dawdle(wire: Wire) -> None:
    wire.send(request("/slow", "Content-Length: 4", method="POST") + b"body")
    assert wire.reply().body == b"echo:body"


def test_an_application_that_thinks_long_is_not_the_clients_fault(wire: Wire) -> None:
    wire.send(request("/slow") + b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert wire.reply().body == b"echo:"
    wire.send(b"\r\n")
    assert wire.reply().status == 200


def is_served(port: int) -> bool:
    """Somebody else gets an answer; a machine that stalls longer than these short limits gets another try."""
    for _ in range(5):
        with contextlib.suppress(EOFError, ConnectionError), Wire(port) as other:
            return other.ask("/text").status == 200
    return False


def test_a_client_that_does_not_read_is_cut_off(port: int) -> None:
    with Wire(port, receive_buffer=4_096) as deaf:
        asked = request("/history.json") * 20  # 10 MB of answers
        deaf.send(asked)
        for _ in range(8):
            assert is_served(port)
            time.sleep(0.5)
        received = len(deaf.ends())
        assert received < 20 * len(LARGE.body) / 2


def test_a_client_that_reads_slowly_gets_everything(port: int) -> None:
    with Wire(port, receive_buffer=65_536) as slow:
        slow.send(request("/history.json") * 3)
        received = b""
        while len(received) < 3 * len(LARGE.body):
            time.sleep(0.1)
            received += slow.socket.recv(30_000)
        assert received.count(LARGE.body) == 3


# Crowds


def test_silent_connections_do_not_lock_anybody_out() -> None:
    wrapper = snapshot()
    with serving(wrapper, protocol_for(wrapper, Limits(header_seconds=30, connections=10))) as number:
        silent = [Wire(number) for _ in range(10)]
        with Wire(number) as refused:
            assert b"503 Service Unavailable" in refused.ends()
        time.sleep(1.2)
        with Wire(number) as late:
            assert late.ask("/").status == 200
        for connection in silent:
            connection.socket.close()


def test_kept_alive_connections_make_room_first() -> None:
    wrapper = snapshot()
    with serving(wrapper, protocol_for(wrapper, Limits(connections=5)), timeout_keep_alive=30) as number:
        kept = [Wire(number) for _ in range(5)]
        assert [connection.ask("/").status for connection in kept] == [200] * 5
        with Wire(number) as late:
            assert late.ask("/").status == 200
        assert kept[0].ends() == b""
        for connection in kept:
            connection.socket.close()


def test_busy_connections_are_not_given_away() -> None:
    wrapper = snapshot()
    with serving(wrapper, protocol_for(wrapper, Limits(connections=2))) as number:
        busy = [Wire(number) for _ in range(2)]
        for connection in busy:
            connection.send(request("/slow"))
        time.sleep(0.2)
        with Wire(number) as refused:
            reply = refused.reply()
            assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        assert [connection.reply().body for connection in busy] == [b"echo:"] * 2
        for connection in busy:
            connection.socket.close()


def test_it_leaves_no_connection_behind(port: int) -> None:
    wrapper = snapshot()
    protocol = protocol_for(wrapper, LIMITS)
    with serving(wrapper, protocol) as number:
        for sent in (b"", b"GET", request("/"), request("/echo"), b"\x00", request("/", "Connection: close")):
            with Wire(number) as connection:
                connection.send(sent)
                time.sleep(0.02)
        time.sleep(0.2)
        assert not protocol.watch._open
        assert not protocol.watch._leaving
        assert protocol.watch._timer is None


def test_it_asks_the_system_for_as_many_files_as_it_may_have() -> None:
    assert room_for(50) == 50
    assert 0 < room_for(10_000_000) <= 10_000_000


def test_a_server_that_is_told_to_stop_lets_idle_readers_go() -> None:
    wrapper = snapshot()
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(contextlib.closing(socket.socket()))
        number = stack.enter_context(serving(wrapper, protocol_for(wrapper), graceful=True, timeout_keep_alive=60))
        connection.connect(("127.0.0.1", number))
        connection.sendall(request("/"))
        assert connection.recv(100)
    assert time.monotonic() - begun < 3
