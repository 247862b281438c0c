"""A uvicorn of our own on a free port, and a client that sends bytes exactly as the test says."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import uvicorn

HOST = b"127.0.0.1"


@dataclass(frozen=True)
class Answered:
    """One response off the wire. `head` is all before the body, `headers` the same by lower-case name."""

    status: int
    head: bytes
    headers: dict[str, str]
    body: bytes

    @property
    def undated(self) -> list[bytes]:
        """The lines of the head without the Date, which uvicorn puts first and is of the moment."""
        return [line for line in self.head.split(b"\r\n") if not line.startswith(b"date: ")]


class Wire:
    """A connection to 127.0.0.1. Every wait ends after five seconds."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", port))
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self.socket.sendall(data)

    def ask(self, path: str = "/", *fields: str, method: str = "GET") -> Answered:
        """Send one request and read its answer."""
        self.send(request(path, *fields, method=method))
        return self.reply(method)

    def reply(self, method: str = "GET") -> Answered:
        """Read one response.

        Raises:
            EOFError: the server closed before it was complete.
        """
        while b"\r\n\r\n" not in self._unread:
            self._more()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        status = int(line.split(" ")[1])
        headers = dict(pair.split(": ", 1) for pair in lines)
        headers = {name.lower(): value for name, value in headers.items()}
        has_body = method != "HEAD" and status not in (100, 204, 304)
        return Answered(status, head, headers, self._body(headers) if has_body else b"")

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(self._chunks())
        return self._take(int(headers["content-length"]))

    def _chunks(self) -> Iterator[bytes]:
        while True:
            while b"\r\n" not in self._unread:
                self._more()
            size, _, self._unread = self._unread.partition(b"\r\n")
            chunk = self._take(int(size, 16) + 2)[:-2]
            if not chunk:
                return
            yield chunk

    def _take(self, length: int) -> bytes:
        while len(self._unread) < length:
            self._more()
        taken, self._unread = self._unread[:length], self._unread[length:]
        return taken

    def _more(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise EOFError(self._unread)
        self._unread += data

    def ends(self) -> bytes:
        """Everything until the server closes; fails when it does not."""
        try:
            while True:
                self._more()
        except EOFError:
            return self._unread
        except ConnectionResetError:
            return self._unread

    def drip(self, data: bytes, pause: float) -> float:
        """Send byte by byte until all is sent or the server closes; gives the seconds that took."""
        begun = time.monotonic()
        try:
            for byte in data:
                self.send(bytes([byte]))
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return time.monotonic() - begun

    def ends_after(self) -> float:
        """Seconds until the server closes."""
        begun = time.monotonic()
        self.ends()
        return time.monotonic() - begun


def request(path: str = "/", *fields: str, method: str = "GET") -> bytes:
    """The bytes of a request with a Host field."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


@contextmanager
def serving(app: Any, http: Any = "httptools", *, graceful: bool = False, **options: Any) -> Iterator[int]:
    """Run an ASGI application under uvicorn in a thread; yields the port."""
    settings = {"log_config": None, "ws": "none", "server_header": False, "lifespan": "off", **options}
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=http, loop="uvloop", **settings))
    thread = threading.Thread(target=_run, args=(server, listener))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        server.force_exit = not graceful
        thread.join(10)
        listener.close()
        assert not thread.is_alive()


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
