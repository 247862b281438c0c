"""A small provider of messages: HTTP on loopback, slow on purpose, and it keeps a log like a real one.

POST /messages {"id", "to", "text"} → 201 {"sid"};  GET /messages?id=… → {"sids": […]}
PUT /mode {"mode", "share", "delay"} → from now on;  DELETE /log empties the log
GET /log → {"counts": {id: times}, "seconds": {second: messages}, "texts": [[to, text]],
           "moments": [seconds since 1970, beside each text]}

`python -m tests.doubles.provider PORT` runs it as a process of its own, so that it outlives the
worker that is killed. It takes a message before it misbehaves where the mode says "accepted".
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doubles.serving import free_port

ROOT = Path(__file__).parents[2]
HANG = 30.0


@dataclass
class Provider:
    """What it took, and how it behaves. `limit`: messages a second before it answers 429."""

    mode: str = "well"
    share: float = 1.0
    delay: float = 0.05
    limit: float = 0.0
    taken: Counter[str] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    texts: list[tuple[str, str]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    luck: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - repeatable

    async def serve(self, port: int) -> None:
        """Listen until cancelled."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, backlog=1024)
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                length = 0
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                body = json.loads(await reader.readexactly(length)) if length else {}
                if not await self._answer(writer, method, target, body):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, method: str, target: str, body: dict[str, Any]) -> bool:
        """Answer one request; False when the connection is done for."""
        path = urlsplit(target).path
        if method == "POST" and path == "/messages":
            return await self._take(writer, body)
        if method == "PUT":
            for name, value in body.items():
                setattr(self, name, value)
            return _write(writer, 200, {})
        if method == "DELETE":
            self.taken.clear()
            self.seconds.clear()
            self.texts.clear()
            self.moments.clear()
            return _write(writer, 200, {})
        if path == "/count":
            return _write(writer, 200, {"count": self.taken.total()})
        if path == "/log":
            kept = {"texts": self.texts, "moments": self.moments}
            return _write(writer, 200, {"counts": self.taken, "seconds": self.seconds, **kept})
        wanted = parse_qs(urlsplit(target).query)["id"][0]
        return _write(writer, 200, {"sids": [f"SM{wanted}"] * self.taken[wanted]})

    async def _take(self, writer: asyncio.StreamWriter, body: dict[str, Any]) -> bool:
        mode = self.mode if self.luck.random() < self.share else "well"
        if self.limit and self.seconds[int(time.time())] >= self.limit:
            mode = "429"
        await asyncio.sleep(self.delay)
        refusals = {"429": 429, "500": 500, "permanent": 400, "opted_out": 403, "stop": 401}
        if mode in refusals:
            return _write(writer, refusals[mode], {"error": mode}, ("Retry-After: 1\r\n" if mode == "429" else ""))
        if mode == "reset":
            writer.transport.abort()
            return False
        self._log(body)
        return await self._misbehave(writer, mode, body)

    async def _misbehave(self, writer: asyncio.StreamWriter, mode: str, body: dict[str, Any]) -> bool:
        """It has taken the message; what the sender hears of it is another matter."""
        if mode == "accepted_timeout":
            await asyncio.sleep(HANG)
        elif mode == "accepted_reset":
            writer.transport.abort()
            return False
        elif mode == "accepted_500":
            return _write(writer, 500, {"error": "after all"})
        elif mode == "wrong_body":
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n<html>oh?")
            return True
        elif mode == "drip":
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n")
            for _ in range(int(HANG / 0.2)):
                writer.write(b" ")
                await asyncio.sleep(0.2)
        return _write(writer, 201, {"sid": f"SM{body['id']}"})

    def _log(self, body: dict[str, Any]) -> None:
        self.taken[body["id"]] += 1
        self.seconds[int(time.time())] += 1
        if len(self.texts) < 20_000:
            self.texts.append((body["to"], body["text"]))
            self.moments.append(time.time())


def _write(writer: asyncio.StreamWriter, status: int, body: object, headers: str = "") -> bool:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)
    return True


@dataclass(frozen=True)
class RunningProvider:
    """A provider in a process of its own."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def be(self, mode: str = "well", **settings: float) -> None:
        """Behave like this from now on."""
        body = json.dumps({"mode": mode, **settings}).encode()
        request = urllib.request.Request(f"{self.url}/mode", body, method="PUT")  # noqa: S310 - loopback
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - loopback

    def forget(self) -> None:
        """Empty the log, and behave well."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/log", method="DELETE"), timeout=10).close()  # noqa: S310
        self.be()

    def count(self) -> int:
        """How many messages it took."""
        with urllib.request.urlopen(f"{self.url}/count", timeout=30) as answer:  # noqa: S310 - loopback
            return int(json.load(answer)["count"])

    def log(self) -> dict[str, Any]:
        """What it took: how often each delivery, how many in each second, every text, its address, its moment."""
        with urllib.request.urlopen(f"{self.url}/log", timeout=30) as answer:  # noqa: S310 - loopback
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def running_provider(port: int = 0) -> Iterator[RunningProvider]:
    """A provider until the block ends."""
    port = port or free_port()
    command = [sys.executable, "-m", "tests.doubles.provider", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            running = RunningProvider(port, process.pid)
            _wait_for(running)
            yield running
        finally:
            process.send_signal(signal.SIGTERM)


def _wait_for(provider: RunningProvider) -> None:
    for _ in range(200):
        try:
            provider.log()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the provider does not listen on port {provider.port}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    try:
        import uvloop

        uvloop.install()
    finally:
        asyncio.run(Provider().serve(int(sys.argv[1])))
