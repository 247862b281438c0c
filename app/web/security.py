"""What stands between the network and the console, as four small ASGI pieces (security.md).

From the outside in: `SecurityHeaders` writes on every answer, `ConsoleHosts` answers only on the
console's own names, `SameOrigin` refuses what another site makes a browser send, `BoundedBody`
refuses what is too big or too slow.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.negotiation import host_name

Refusal = Callable[[Request, int, str], Response]
"""Makes the page for a refusal from its status and one sentence."""

CONSOLE = "/admin"
BODY_MOST = 2_000_000
"""Bytes: six texts at their limit of 25,000 characters, escaped for the journey, come to less."""

BODY_SECONDS = 30.0

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers then send "Origin: null" with our own forms (Fetch, 3.1).
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = "max-age=31536000"


class SecurityHeaders:
    """Puts the headers of security.md on every answer of the console, and `no-store` unless it says otherwise."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = {**_ALWAYS, "Strict-Transport-Security": _HSTS} if secure else dict(_ALWAYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the head of the answer."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, complete if _is_console(scope) else send)


class ConsoleHosts:
    """Answers for the console only on its own host names; on any other 421 (RFC 9110, 15.5.20)."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], refusal: Refusal) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what names one of the hosts."""
        if not _is_console(scope) or self._is_ours(Headers(scope=scope).getlist("host")):
            await self._app(scope, receive, send)
            return
        page = self._refusal(Request(scope), 421, "The console does not answer under this host name.")
        await page(scope, receive, send)

    def _is_ours(self, named: list[str]) -> bool:
        return len(named) == 1 and host_name(named[0].encode("latin-1")) in self._hosts


class SameOrigin:
    """Refuses unsafe methods that another site set off.

    `Sec-Fetch-Site` decides where the browser sends it; otherwise an exact `Origin` must. `exempt`
    are paths whose callers prove themselves otherwise (signed webhooks, one-click unsubscribe); one
    that ends in a slash stands for everything below it.
    """

    def __init__(self, app: ASGIApp, *, secure: bool, refusal: Refusal, exempt: Collection[str] = ()) -> None:
        self._app = app
        self._scheme = "https" if secure else "http"
        self._refusal = refusal
        self._exempt = frozenset(exempt)
        self._exempt_below = tuple(path for path in exempt if path.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is safe or comes from our own pages."""
        if scope["type"] != "http" or self._may_pass(scope):
            await self._app(scope, receive, send)
            return
        sentence = "This came from another site, so nothing was done. Open the console and do it there."
        page = self._refusal(Request(scope), 403, sentence)
        await page(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        return scope["method"] in _SAFE or self._is_exempt(scope["path"]) or self._is_same_origin(Headers(scope=scope))

    def _is_exempt(self, path: str) -> bool:
        return path in self._exempt or path.startswith(self._exempt_below)

    def _is_same_origin(self, headers: Headers) -> bool:
        sites = headers.getlist("sec-fetch-site")
        if sites:
            return sites in (["same-origin"], ["none"])
        return headers.getlist("origin") == [f"{self._scheme}://{headers.get('host', '')}"]


class BoundedBody:
    """Refuses bodies of more than `most` bytes (413), and those that take longer than `seconds` to arrive (408).

    What is declared too big is refused unread; what turns out so while it is read raises, and the
    application answers.
    """

    def __init__(self, app: ASGIApp, *, refusal: Refusal, most: int = BODY_MOST, seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._refusal = refusal
        self._most = most
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a `receive` that keeps count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._is_declared_too_big(scope):
            page = self._refusal(Request(scope), 413, self._too_big)
            page.headers["Connection"] = "close"
            await page(scope, receive, send)
        else:
            await self._app(scope, self._counting(receive), send)

    @property
    def _too_big(self) -> str:
        return f"This is more than {self._most / 1_000_000:g} MB. Shorten it and send it again."

    def _is_declared_too_big(self, scope: Scope) -> bool:
        declared = Headers(scope=scope).get("content-length", "")
        return declared.isascii() and declared.isdigit() and (len(declared) > 12 or int(declared) > self._most)

    def _counting(self, receive: Receive) -> Receive:
        taken = 0
        ends = False
        deadline = time.monotonic() + self._seconds

        async def counted() -> Message:
            nonlocal taken, ends
            if ends:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(deadline - time.monotonic(), 0))
            except TimeoutError:
                raise HTTPException(408, "The form arrived too slowly. Nothing was done; try again.") from None
            taken += len(message.get("body", b""))
            ends = message["type"] != "http.request" or not message.get("more_body", False)
            if taken > self._most:
                raise HTTPException(413, self._too_big)
            return message

        return counted


def _is_console(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    path: str = scope["path"]
    return path == CONSOLE or path.startswith(f"{CONSOLE}/")
