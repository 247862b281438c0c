"""Who may stay connected, and for how long: one watch for all connections of a server.

A timer per request would cost more than the request, so every connection only writes down when it
runs out of time, and the watch looks at them all twice a second.
"""

import asyncio
import heapq
import resource
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

_LOOK_EVERY = 0.5
_SHED_AT_ONCE = 32
_YOUNG = 1.0
_KEPT_BACK = 128
"""Files that are no connections: database, logs, listening sockets, what is being published."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take, in seconds and bytes.

    `header_seconds`: from connecting, or from the first byte of a further request, to the end of
    the headers. `body_seconds`: for a request body, and one second more for every `lowest_rate`
    bytes that arrived. `write_seconds`: for a client that reads its answer more slowly than
    `lowest_rate` bytes a second. `header_bytes`: the longest request head. `pipelined`: requests
    that wait behind one that is being answered. `connections`: open at once.
    """

    header_seconds: float = 5.0
    body_seconds: float = 20.0
    write_seconds: float = 30.0
    lowest_rate: int = 500
    header_bytes: int = 32_768
    pipelined: int = 32
    connections: int = 4_096


class Waits(Enum):
    """What a connection is waiting for from its client."""

    HEAD = auto()
    BODY = auto()
    NEXT = auto()
    NOTHING = auto()


class Watched(Protocol):
    """A connection as the watch sees it. `deadline` is in seconds of its loop's clock."""

    deadline: float
    waits: Waits
    loop: asyncio.AbstractEventLoop

    def expire(self, now: float) -> None:
        """Its time is up."""
        ...

    def shed(self) -> None:
        """Its place is needed: close it in peace."""
        ...


class Watch:
    """Ends connections that run out of time, and makes room when there are too many.

    All methods are called on the thread of the event loop.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[Watched] = set()
        self._leaving: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._full_until = 0.0

    def admit(self, connection: Watched) -> bool:
        """Watch a new connection from now on; says whether there is room for it."""
        has_room = len(self._open) < self._limits.connections or self._make_room(connection.loop.time())
        (self._open if has_room else self._leaving).add(connection)
        if self._timer is None:
            self._timer = connection.loop.call_later(_LOOK_EVERY, self._look, connection.loop)
        return has_room

    def leave(self, connection: Watched) -> None:
        """Forget a connection that is gone."""
        self._open.discard(connection)
        self._leaving.discard(connection)
        if self._timer is not None and not self._open and not self._leaving:
            self._timer.cancel()
            self._timer = None

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(_LOOK_EVERY, self._look, loop)
        now = loop.time()
        for connection in [*self._open, *self._leaving]:
            if connection.deadline <= now:
                connection.expire(now)

    def _make_room(self, now: float) -> bool:
        """Close those that wait longest and have nothing under way; says whether there were any."""
        if now < self._full_until:
            return False
        spare = (one for one in self._open if self._is_spare(one, now))
        shed = heapq.nsmallest(_SHED_AT_ONCE, spare, key=lambda one: (one.waits is Waits.HEAD, one.deadline))
        for connection in shed:
            self._open.discard(connection)
            self._leaving.add(connection)
            connection.shed()
        # Looking through thousands of busy connections for every stranger would be the next way to tire us.
        self._full_until = now if shed else now + 0.1
        return bool(shed)

    def _is_spare(self, connection: Watched, now: float) -> bool:
        """Kept alive between requests, or silent for longer than an honest client needs to send its headers."""
        if connection.waits is Waits.HEAD:
            return connection.deadline - self._limits.header_seconds + _YOUNG < now
        return connection.waits is Waits.NEXT


def room_for(connections: int) -> int:
    """As many of the connections as this process may have files for; raises its soft limit as far as it can."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _KEPT_BACK
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(connections, wanted - _KEPT_BACK)
