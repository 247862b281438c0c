"""An application behind a wrapper, for tests that go over real sockets."""

import asyncio

from starlette.types import Receive, Scope, Send

from app.publish.documents import JSON, Source
from app.publish.sinks import MemorySink
from app.web.connections import Limits
from app.web.public import Snapshot
from tests.web.editions import edition

LIMITS = Limits(header_seconds=0.6, body_seconds=0.6, write_seconds=0.6, lowest_rate=2_000, connections=40)
LOOKS = 0.5
"""Seconds between two looks of the watch."""

LARGE = Source("/history.json", JSON, b"".join(b"%07d," % number for number in range(60_000)))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Echoes what it is sent; sleeps first when asked to; never reads when asked not to."""
    if scope["path"] == "/slow":
        await asyncio.sleep(1.5)
    body = b"" if scope["path"] == "/unread" else await _read(receive)
    if scope["path"] == "/nowhere":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body"})
        return
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"echo:" + body})


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


class Counting(Snapshot):
    """A wrapper that counts what comes to it."""

    calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        type(self).calls += 1
        await super().__call__(scope, receive, send)


def snapshot() -> Counting:
    memory = MemorySink()
    memory.put(edition(1, LARGE))
    return Counting(application, memory, public_hosts=["127.0.0.1"])
