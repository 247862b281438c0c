"""A host that speaks https in a thread of its own, without an event loop, so that a browser's test can have one too."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext


class _Host(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that does not like our certificate hangs up; that is what it is asked for."""


@contextmanager
def https_host(tls: SSLContext, headers: Mapping[str, str] | None = None) -> Iterator[int]:
    """Answer everything with an empty page and these headers; the port."""

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with _Host(("127.0.0.1", 0), Answer) as host:
        host.socket = tls.wrap_socket(host.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=host.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield host.server_address[1]
        finally:
            host.shutdown()
            thread.join(10)
