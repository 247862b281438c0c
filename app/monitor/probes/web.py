"""Probes that ask for a page: status, text and latency as expected; and what a vendor's own status page says."""

import errno
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractCookieJar, AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from app.domain.probes import Look, Probe
from app.monitor.probes.reaching import NotReachedError, Reach, failed

ANSWER_MOST = 256 * 1024
"""Bytes of an answer that are read, to look for a text in."""


class Pages:
    """Asks for pages, over connections that are guarded as they open; one for all looks of a turn."""

    def __init__(self, reach: Reach, session: aiohttp.ClientSession) -> None:
        self._reach, self._session = reach, session

    async def get(self, url: str, bearer: str = "") -> tuple[int, bytes, float]:
        """Status, the beginning of the body, and the seconds until it had arrived; no redirect is followed.

        With `bearer` that token is sent along (RFC 6750).

        Raises:
            NotReachedError: the scheme is neither http nor https.
        """
        if not url.startswith(("https://", "http://")):
            raise NotReachedError("only http and https can be watched")
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with self._session.get(url, headers=headers, allow_redirects=False) as response:
            body = await response.content.read(ANSWER_MOST)
            return response.status, body, time.perf_counter() - began


@asynccontextmanager
async def pages(reach: Reach) -> AsyncIterator[Pages]:
    """A guarded client without cookies or proxies, closed at the end."""
    async with guarded(reach, aiohttp.DummyCookieJar()) as session:
        yield Pages(reach, session)


@asynccontextmanager
async def guarded(reach: Reach, cookies: AbstractCookieJar) -> AsyncIterator[aiohttp.ClientSession]:
    """A client whose every connection is asked about as it opens."""

    def open_socket(address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = address
        if not reach.allows(str(target[0])):
            raise OSError(errno.EACCES, "the address is not one that may be watched")
        return socket.socket(family, kind, protocol)

    connector = aiohttp.TCPConnector(
        resolver=_Resolver(reach), socket_factory=open_socket, ssl=reach.tls, limit=100, limit_per_host=8
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=cookies,
        timeout=aiohttp.ClientTimeout(total=reach.timeout),
        headers={"User-Agent": "Porchlight"},
        trust_env=False,
    )
    async with session:
        yield session


class _Resolver(AbstractResolver):
    """Resolves a name, and refuses it when any of its addresses is not to be reached."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - every address is asked about
    ) -> list[ResolveResult]:
        try:
            found = await self._reach.addresses(host, port)
        except NotReachedError as error:
            raise OSError(errno.EHOSTUNREACH, str(error)) from error
        return [_resolved(host, address, port) for address in found]

    async def close(self) -> None:
        """Nothing is kept open."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=int(socket.AI_NUMERICHOST)
    )


async def look_http(probe: Probe, site: Pages) -> Look:
    """Whether a page answers as expected: `status` (any below 400 by default), `text` in it, within `most_seconds`."""
    status, body, seconds = await site.get(probe.expects["url"], probe.secrets.get("bearer", ""))
    wanted = probe.expects.get("status")
    if str(status) != wanted if wanted else status >= 400:
        return failed(f"answers {status}" + (f", not {wanted}" if wanted else ""), seconds)
    if (words := probe.expects.get("text")) and words.encode() not in body:
        return failed(f"answers {status} without “{words[:60]}”", seconds)
    most = float(probe.expects.get("most_seconds") or 0)
    if most and seconds > most:
        return failed(f"takes {seconds:.1f} s, more than {most:g} s", seconds)
    return Look(is_well=True, seconds=seconds)


async def look_statuspage(probe: Probe, site: Pages) -> Look:
    """What a vendor says of itself in Statuspage's summary.json: a minor trouble warns, a major one fails."""
    status, body, seconds = await site.get(probe.expects["url"])
    try:
        said = json.loads(body)["status"]
        indicator, words = str(said["indicator"]), str(said["description"])
    except (ValueError, KeyError, TypeError):
        return failed(f"answers {status} and no summary", seconds)
    if indicator in ("major", "critical"):
        return failed(f"the vendor says: {words}", seconds)
    is_minor = indicator != "none"
    return Look(is_well=True, seconds=seconds, is_slow=is_minor, reason=f"the vendor says: {words}" if is_minor else "")
