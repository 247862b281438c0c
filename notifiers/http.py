"""The one client for addresses that strangers gave us: webhooks, and probes of members' tools.

A stranger may own the name and answer it with any address, a different one each time it is asked
(DNS rebinding). So the check happens twice: when the name is resolved, *every* address must be one
of the open internet; and when the socket opens, the very address it opens to is checked again.

https and port 443 only; no redirects, no cookies, no credentials in the address, no proxies from
the environment; the whole exchange and the size of the answer are capped.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLContext, create_default_context

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from aiohttp.resolver import ThreadedResolver

from notifiers.base import DeliveryError, Remedy
from notifiers.guard import IPAddress, check_url, is_public, refused

ANSWER_LIMIT = 16 * 1024
"""The most bytes of an answer that are read; nobody needs more to say "received"."""

_CONNECTIONS = 100
_PER_HOST = 8
_GOODBYE = 0.1


class RefusedAddressError(OSError):
    """The address must not be connected to. An OSError, because it is raised as a socket opens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, headers by lower-case name, and at most `ANSWER_LIMIT` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be reached. Only tests ever relax it, so that a double on this machine can answer."""

    may_reach: Callable[[IPAddress], bool] = is_public
    ports: Collection[int] = frozenset({443})
    timeout: float = 15.0
    tls: SSLContext = field(default_factory=create_default_context)
    resolver: Callable[[], AbstractResolver] = ThreadedResolver


class GuardedClient:
    """POST to addresses from strangers. Make it anywhere; use it from one event loop."""

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard or Guard()
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the body and return the answer, whatever its status.

        Raises:
            DeliveryError: the address is refused (permanent), cannot be reached (retry), or broke
                off after the request had left (reconcile).
        """
        check_url(url, self._guard.ports)
        try:
            async with asyncio.timeout(self._guard.timeout):
                return await self._exchange(url, body, headers)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _broken_off(error) from error

    async def close(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()
            # Connections that were cut off say goodbye in TLS first; aiohttp does not wait for them.
            await asyncio.sleep(_GOODBYE)

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as response:
            read = await _at_most(ANSWER_LIMIT, response.content)
            return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, read)

    def _open(self) -> aiohttp.ClientSession:
        # Made on first use, because a session belongs to the event loop it was made in.
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_GuardedResolver(self._guard),
                socket_factory=self._socket,
                ssl=self._guard.tls,
                limit=_CONNECTIONS,
                limit_per_host=_PER_HOST,
                use_dns_cache=False,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._guard.timeout, sock_connect=self._guard.timeout / 2),
                headers={"User-Agent": "Porchlight", "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _socket(self, address: AddrInfoType) -> socket.socket:
        """Open a socket to this very address, or refuse. Nothing connects past this line."""
        family, kind, protocol, _, target = address
        _refuse_unless(self._guard, str(target[0]))
        return socket.socket(family, kind, protocol)


class _GuardedResolver(AbstractResolver):
    """Resolves a name, and refuses it when any of its addresses is not to be reached."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = guard.resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, socket.AF_UNSPEC if family == socket.AF_INET else family)
        for address in found:
            _refuse_unless(self._guard, address["host"])
        return found

    async def close(self) -> None:
        await self._inner.close()


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110: seconds, or a date); None when it says nothing.

    Between 0 and one hour: a receiver does not decide that we fall silent for a day.
    """
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else _until(value, now or datetime.now(UTC))
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


_LONGEST_WAIT = 3600.0


def _until(value: str, now: datetime) -> float:
    moment = parsedate_to_datetime(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def _refuse_unless(guard: Guard, host: str) -> None:
    if not guard.may_reach(ipaddress.ip_address(host.partition("%")[0])):
        raise RefusedAddressError("an address that is not of the open internet")


def _broken_off(error: Exception) -> DeliveryError:
    """A failure of the network in our words: refused, never reached, or cut off in the middle."""
    if _is_refusal(error):
        return refused("The address leads into a private network.")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return DeliveryError("The receiver's certificate is not valid.", remedy=Remedy.RETRY, code="tls")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return DeliveryError("The receiver cannot be reached.", remedy=Remedy.RETRY, code="unreachable")
    if isinstance(error, aiohttp.InvalidURL):
        return refused("This is not a web address.")
    return DeliveryError("The connection broke off before the answer.", remedy=Remedy.RECONCILE, code="broken")


def _is_refusal(error: BaseException | None) -> bool:
    """Whether a refused address is the cause; aiohttp wraps it in errors of its own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, RefusedAddressError) or isinstance(getattr(error, "os_error", None), RefusedAddressError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


async def _at_most(limit: int, stream: aiohttp.StreamReader) -> bytes:
    read = bytearray()
    async for chunk in stream.iter_chunked(4096):
        read += chunk[: limit - len(read)]
        if len(read) >= limit:
            break
    return bytes(read)
