"""uvicorn's HTTP/1.1 protocol with two things more: documents straight from memory, and deadlines.

A plain GET or HEAD of a document is answered while its headers are being parsed: no scope, no task,
no ASGI messages. The bytes are those of `app.web.public`, to the header. Whatever is not plain (a
body, an upgrade, HTTP/1.0, a request behind one that still runs, a client that does not read) goes
uvicorn's ordinary way and comes to the same wrapper there.

uvicorn by itself leaves half-sent request headers open for ever; here every wait for a client ends
(security.md, "Slow clients"). Tied to uvicorn 0.54: what is overridden is listed in
`tests/web/test_protocol.py`, which fails when uvicorn changes underneath.
"""

import asyncio
import math
import socket
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.web.answers import Answer, sentence
from app.web.connections import Limits, Waits, Watch
from app.web.negotiation import fields
from app.web.public import Snapshot

_READING = frozenset({b"GET", b"HEAD"})
# Each of these asks for more than the bytes of a document.
_NOT_PLAIN = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
_SMALL = 65_536
_KEPT = b"\r\n"
_CLOSED = b"connection: close\r\n\r\n"

TOO_SLOW = sentence(408, "The request took too long to arrive.")
TOO_LARGE = sentence(431, "The head of the request is too large.")
TOO_MANY = sentence(503, "Too many connections are open. Try again in a few seconds.", (b"retry-after", b"5"))


class _Stamp:
    """The headers that uvicorn adds to every answer (Date, Server), as bytes; they change once a second."""

    def __init__(self) -> None:
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._line = b""

    def line(self, state: ServerState) -> bytes:
        if state.default_headers is not self._headers:
            self._headers = state.default_headers
            self._line = b"".join(b"%b: %b\r\n" % pair for pair in self._headers)
        return self._line


class SnapshotProtocol(HttpToolsProtocol):
    """One connection. Made by uvicorn; the class comes from `protocol_for`."""

    snapshot: ClassVar[Snapshot]
    limits: ClassVar[Limits]
    watch: ClassVar[Watch]
    stamp: ClassVar[_Stamp]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadline = math.inf
        self.waits = Waits.NOTHING
        self._in_head = self._is_new_head = self._in_body = self._is_answered = False
        self._piece = self._head_bytes = self._unread = 0

    # The connection

    def connection_made(self, transport: Any) -> None:
        """Start the header deadline; refuse in words when there is no room."""
        super().connection_made(transport)
        _keep_unsent_small(transport)
        self._wait_for_head()
        if not self.watch.admit(self):
            self._refuse(TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the watch."""
        self.watch.leave(self)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over; its time is no longer ours."""
        self.watch.leave(self)
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, then see whether a head is still incomplete."""
        self._piece = len(data)
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._continue_head()

    def pause_writing(self) -> None:
        """The client does not read: it has `write_seconds` to begin again."""
        super().pause_writing()
        self._wait_for_reading()

    def resume_writing(self) -> None:
        """The client reads on."""
        super().resume_writing()
        self._resume_waiting()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn does, but see to it that the connection really ends."""
        super().send_400_response(msg)
        self._close()

    # The request, as the parser reports it

    def on_message_begin(self) -> None:
        """Note only what every request needs; the scope is made when it turns out to be needed."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = self._is_new_head = True
        self._is_answered = False
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Answer from memory if that is all that is asked."""
        self._in_head = False
        if self.transport.is_closing():
            self._is_answered = True  # What follows a last answer is not read.
            return
        if self._is_too_large():
            self._refuse(TOO_LARGE)
            return
        answer = self._from_memory()
        if answer is None:
            self._go_ordinary_way()
        else:
            self._say(answer)

    def on_body(self, body: bytes) -> None:
        """A body has more time the more of it arrives."""
        if not self._is_answered:
            self.deadline += len(body) / self.limits.lowest_rate
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here: from now on the client waits for us."""
        self._in_body = False
        if not self._is_answered:
            super().on_message_complete()
            if self._is_working():
                self._wait(Waits.NOTHING)

    def on_response_complete(self) -> None:
        """An ordinary answer is out: wait for what comes next."""
        super().on_response_complete()
        self._resume_waiting()

    def _from_memory(self) -> Answer | None:
        """The ready answer to a plain request for a document, when nothing stands before it in the line."""
        if self._is_working() or self.flow.write_paused:
            return None
        if self.parser.get_method() not in _READING or self.parser.get_http_version() != "1.1":
            return None
        asked = fields(self.headers)
        if not _NOT_PLAIN.isdisjoint(asked):
            return None
        return self.snapshot.document_answer(self.url.partition(b"?")[0].decode("latin-1"), asked)

    def _say(self, answer: Answer) -> None:
        self._is_answered = True
        method = self.parser.get_method()
        is_kept = self.parser.should_keep_alive()
        self._write(answer, _KEPT if is_kept else _CLOSED, b"" if method == b"HEAD" else answer.body)
        self.server_state.total_requests += 1
        if self.access_log:
            self._log(method, answer.status)
        if not is_kept:
            self._close()
        else:
            self._wait(Waits.NEXT, self.timeout_keep_alive)

    def _write(self, answer: Answer, end: bytes, body: bytes) -> None:
        head = (answer.head, self.stamp.line(self.server_state), end)
        if len(body) <= _SMALL:
            self.transport.write(b"".join((*head, body)))
        else:
            # A thousand slow readers of one large document then wait for the same bytes, not for a copy each.
            self.transport.writelines((*head, body))

    def _log(self, method: bytes, status: int) -> None:
        host, port = self.client or ("", 0)
        path = self.url.partition(b"?")[0].decode("latin-1")
        self.access_logger.info('%s - "%s %s HTTP/%s" %d', f"{host}:{port}", method.decode(), path, "1.1", status)

    def _go_ordinary_way(self) -> None:
        """Do what uvicorn would have done when the message began, then let it go on."""
        if len(self.pipeline) >= self.limits.pipelined:
            self._is_answered = True
            self._close()
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = url
        self.headers.extend(headers)
        self.expect_100_continue = expects
        self._in_body = True
        self._wait_for_body()
        super().on_headers_complete()

    # Time and size

    def expire(self, now: float) -> None:
        """Its time is up: end it, in words where the client can still understand them."""
        if self.transport.is_closing() or self.flow.write_paused:
            self._abort_unless_it_reads()
        elif self.flow.read_paused or (self.waits is Waits.HEAD and self._is_working()):
            self.deadline = now + self.limits.header_seconds  # It is we who keep the client waiting.
        elif self._can_be_told():
            self._refuse(TOO_SLOW)
        else:
            self._close()

    def shed(self) -> None:
        """Give the place to somebody else."""
        self._close()

    def _can_be_told(self) -> bool:
        """Whether a refusal would be read as the answer to what is late, and to nothing else."""
        if self.waits is Waits.HEAD:
            return self._in_head
        return self.waits is Waits.BODY and not self.pipeline and not self.cycle.response_started

    def _refuse(self, answer: Answer) -> None:
        self._is_answered = True
        if self.waits is Waits.BODY or not self._is_working():
            self._write(answer, _CLOSED, answer.body)
        if self.cycle is not None:
            self.cycle.disconnected = True  # The application may go on; nobody hears it.
        self._close()

    def _close(self) -> None:
        """Close as soon as everything is written."""
        self.transport.close()
        self._wait_for_reading()

    def _abort_unless_it_reads(self) -> None:
        """A client that takes its answer slowly may have it; one that takes next to nothing may not."""
        taken = self._unread - self.transport.get_write_buffer_size()
        if taken < self.limits.write_seconds * self.limits.lowest_rate:
            self.transport.abort()
        else:
            self._wait_for_reading()

    def _continue_head(self) -> None:
        """A head that did not end in this piece: it has a deadline, and a size."""
        if self._is_new_head and self.waits is not Waits.HEAD:
            self._wait_for_head()
        elif not self._is_new_head:
            self._head_bytes += self._piece
        self._is_new_head = False
        if self._head_bytes > self.limits.header_bytes:
            self._refuse(TOO_LARGE)

    def _is_too_large(self) -> bool:
        """Whether the head that just ended is too large; counted in full only where it can be."""
        limit = self.limits.header_bytes
        if self._head_bytes + self._piece <= limit:
            return False
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > limit

    def _is_working(self) -> bool:
        """Whether an ordinary request before this one is still being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_head(self) -> None:
        self._wait(Waits.HEAD, self.limits.header_seconds)

    def _wait_for_body(self) -> None:
        self._wait(Waits.BODY, self.limits.body_seconds)

    def _wait_for_reading(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self.waits = Waits.NOTHING
        self.deadline = self.loop.time() + self.limits.write_seconds

    def _resume_waiting(self) -> None:
        """Wait for whatever it is the client's turn to do."""
        if self.transport.is_closing():
            self._wait_for_reading()
        elif self._in_head:
            self._wait_for_head()
        elif not self._is_working():
            self._wait(Waits.NEXT, self.timeout_keep_alive)
        elif self._in_body:
            self._wait_for_body()
        else:
            self._wait(Waits.NOTHING)

    def _wait(self, waits: Waits, seconds: float = math.inf) -> None:
        # While a client does not read, that is what we wait for; `resume_writing` sees to the rest.
        if not self.flow.write_paused:
            self.waits = waits
            self.deadline = self.loop.time() + seconds


def _keep_unsent_small(transport: asyncio.Transport) -> None:
    """Let the kernel take little ahead, so that we see whether a client reads, and megabytes do not wait for it."""
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _SMALL)


def protocol_for(snapshot: Snapshot, limits: Limits | None = None) -> type[SnapshotProtocol]:
    """The protocol class for `uvicorn.Config(snapshot, http=...)`: one per server.

    The keep-alive time is uvicorn's own setting (`timeout_keep_alive`).
    """
    limits = limits or Limits()
    shared = {"snapshot": snapshot, "limits": limits, "watch": Watch(limits), "stamp": _Stamp()}
    return type("SnapshotProtocol", (SnapshotProtocol,), shared)
