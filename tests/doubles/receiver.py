"""Receivers of webhooks: one TLS server on this machine that answers under any name it is given."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from notifiers.http import Guard
from tests.doubles.certificates import Certificate, make_certificate
from tests.doubles.serving import serving

NAMES = (
    "hooks.mls.example",
    "hooks.slack.com",
    "prod-11.westus.logic.azure.com",
    "rebinding.example",
)


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """What came, and how to answer next. `names` is the double's own DNS: name to addresses."""

    certificate: Certificate
    port: int = 0
    received: list[Received] = field(default_factory=list)
    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drops: bool = False
    drips: bool = False
    pace: float = 0.01
    names: dict[str, list[str]] = field(default_factory=lambda: {name: ["127.0.0.1"] for name in NAMES})

    def reset(self) -> None:
        """Forget what came, and answer "ok" again."""
        fresh = Receiver(self.certificate, self.port)
        for name in ("received", "status", "body", "headers", "delay", "drops", "drips", "pace", "names"):
            setattr(self, name, getattr(fresh, name))

    def url(self, host: str = NAMES[0], path: str = "/hook") -> str:
        """An address on this receiver under that name."""
        return f"https://{host}:{self.port}{path}"

    def guard(self, timeout: float = 2.0) -> Guard:
        """A guard that lets this machine answer, and nothing else that it would refuse otherwise."""
        return Guard(
            may_reach=lambda address: str(address) == "127.0.0.1",
            ports={self.port},
            timeout=timeout,
            tls=self.certificate.client_context(),
            resolver=lambda: FakeDns(self.names),
        )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, and answer as told."""
        self.received.append(Received(request.path, dict(request.headers), await request.read()))
        await asyncio.sleep(self.delay)
        if self.drops and request.transport:
            request.transport.abort()
        if self.drips:
            return await self._drip(request)
        return web.Response(status=self.status, body=self.body, headers=self.headers)

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self.status)
        with suppress(ConnectionError):  # the client lost its patience, or had enough
            await response.prepare(request)
            while True:
                await response.write(b"." * 1024)
                await asyncio.sleep(self.pace)
        return response


class FakeDns(AbstractResolver):
    """Answers from a table; every name asked for is kept."""

    def __init__(self, names: Mapping[str, list[str]]) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses in the table."""
        if host not in self._names:
            raise OSError(f"no such name: {host}")
        return [_found(host, address, port) for address in self._names[host]]

    async def close(self) -> None:
        """Nothing is open."""


def _found(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """A receiver that listens; `folder` is for its certificate."""
    receiver = Receiver(make_certificate(folder, NAMES))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.answer)
    with serving(app, tls=receiver.certificate.server_context()) as receiver.port:
        yield receiver
