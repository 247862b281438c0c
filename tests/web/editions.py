"""A made-up edition, so that these tests depend on neither pages nor store; and an ASGI client that sends anything."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from starlette.types import ASGIApp, Message

from app.publish.documents import ATOM, HTML, JSON, TEXT, Edition, Source, compress

AS_OF = datetime(2026, 10, 9, 22, 30, 15, 250_000, tzinfo=UTC)
JAVASCRIPT = "text/javascript; charset=utf-8"
STYLE = "body{color:#222}"


def page(text: str) -> bytes:
    """A small HTML document with an inlined stylesheet."""
    lines = "".join(f"<p>{text}, line {number}</p>" for number in range(200))
    return f"<!doctype html><html><head><style>{STYLE}</style></head><body>{lines}</body></html>".encode()


SOURCES = (
    Source("/", HTML, page("Member dashboard sign-in is down. It's not just you.")),
    Source("/incidents/a1b2c3d4e5f6", HTML, page("Sign-in")),
    Source("/components/404", HTML, page("A component with an awkward name")),
    Source("/404", HTML, page("Not here. Sign-in is down.")),
    Source("/es/", HTML, page("El acceso no funciona.")),
    Source("/es/404", HTML, page("No está aquí. El acceso no funciona.")),
    Source("/text", TEXT, b"Sign-in is down. Next update 10:30 PM CT.\n" * 9),
    Source("/history.atom", ATOM, b"<feed/>" * 90),
    Source("/api/v2/summary.json", JSON, b'{"status": {"indicator": "major"}}' * 30),
    Source("/static/page.0123456789ab.js", JAVASCRIPT, b"void 0;" * 60),
)


def edition(generation: int = 1, *more: Source, as_of: datetime = AS_OF) -> Edition:
    """The made-up edition, with further documents or others in their place."""
    sources = {source.path: source for source in (*SOURCES, *more)}
    return Edition(generation, as_of, {path: _compressed(source, as_of) for path, source in sources.items()})


_compressed = lru_cache(maxsize=None)(compress)


@dataclass
class Reply:
    """A whole ASGI response."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        """The value of one header; it must be there exactly once."""
        (value,) = [value for key, value in self.headers if key == name.encode()]
        return value.decode()

    def __contains__(self, name: str) -> bool:
        return any(key == name.encode() for key, _ in self.headers)


@dataclass
class Client:
    """Asks an ASGI application, byte for byte what the test says."""

    app: ASGIApp
    host: bytes | None = b"status.harborpines.example"
    defaults: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Iterable[tuple[bytes, bytes]] = (),
        *,
        query: bytes = b"",
        version: str = "1.1",
        **named: str,
    ) -> Reply:
        """Send one request; `if_none_match="x"` becomes a header."""
        sent = [(b"host", self.host)] if self.host is not None else []
        named = {**self.defaults, **named}
        sent += [*headers, *[(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": version,
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query,
            "root_path": "",
            "headers": sent,
            "client": ("127.0.0.1", 9),
            "server": ("127.0.0.1", 80),
        }
        return asyncio.run(_exchange(self.app, scope))


async def _exchange(app: ASGIApp, scope: dict[str, object]) -> Reply:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *bodies = messages
    assert start["type"] == "http.response.start"
    assert not any(message.get("more_body") for message in bodies[-1:])
    return Reply(start["status"], list(start["headers"]), b"".join(message.get("body", b"") for message in bodies))
