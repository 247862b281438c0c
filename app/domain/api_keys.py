"""Keys for programs: what each may do, and how often (security.md; "any key is admin" is a peer's mistake)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import RefusedError

NAME_LIMIT = 80
MINUTE = 60.0
DEFAULT_PER_MINUTE = 60
"""Requests a minute: what Statuspage itself allows a key, so that its clients keep below it."""

PER_MINUTE_MOST = 6_000

_ROUNDING = 0.001
"""Seconds that sums of fractions may be wrong by."""


class Scope(StrEnum):
    """One thing a program may be allowed to do."""

    READ = "read"
    INCIDENTS_WRITE = "incidents:write"
    COMPONENTS_WRITE = "components:write"
    SUBSCRIBERS_WRITE = "subscribers:write"
    ALERTS_WRITE = "alerts:write"
    """Stands alone: such a key is part of an address, which proxies and logs see (docs/alerts.md)."""
    UNATTENDED = "unattended"
    """Beside `incidents:write`: what a second person would look at first goes out without that look (R24)."""

    @property
    def in_words(self) -> str:
        """What a key with this scope may do: "post incidents and planned work"."""
        return _IN_WORDS[self]


MANAGE_SCOPES = tuple(scope for scope in Scope if scope is not Scope.ALERTS_WRITE)
"""What a key of the Manage API may be given."""

_IN_WORDS = {
    Scope.READ: "read incidents and components",
    Scope.INCIDENTS_WRITE: "post incidents and planned work",
    Scope.COMPONENTS_WRITE: "change components and their groups",
    Scope.SUBSCRIBERS_WRITE: "read, add and end subscriptions",
    Scope.ALERTS_WRITE: "report alerts of a monitoring system",
    Scope.UNATTENDED: "post without a second person’s look",
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key without its secret; `hint` is its last four signs. `per_minute` is how many requests it may make."""

    id: str
    name: str
    hint: str
    scopes: frozenset[Scope]
    per_minute: int
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        """Whether this key may do that. A key of the Manage API may read what the page shows; addresses it may not."""
        reads = scope is Scope.READ and Scope.ALERTS_WRITE not in self.scopes
        return self.revoked_at is None and (reads or scope in self.scopes)


def check_key(name: str, scopes: Collection[Scope], per_minute: int) -> None:
    """Refuse a key that nobody could tell from another, or that may do nothing.

    Raises:
        RefusedError: no name or a long one, no scope, alerts beside another, or a rate that makes no sense.
    """
    problems = {}
    if not name or len(name) > NAME_LIMIT:
        problems["name"] = f"Name the program that will use it, in at most {NAME_LIMIT} characters."
    if not scopes:
        problems["scopes"] = "Choose at least one thing that the key may do."
    elif Scope.ALERTS_WRITE in scopes and len(scopes) > 1:
        problems["scopes"] = "A key for alerts stands in an address that others may see, so it may do nothing else."
    if not 1 <= per_minute <= PER_MINUTE_MOST:
        problems["per_minute"] = f"Give a whole number of requests a minute, from 1 to {PER_MINUTE_MOST:,}."
    if problems:
        raise RefusedError(problems)


def turn(caught_up_at: float, now: float, per_minute: int) -> tuple[float, float]:
    """One more request of a key: when it will have caught up, and the seconds it has to wait first.

    The generic cell rate algorithm (ITU-T I.371): a minute's worth may come at once, and then one
    each time a minute's share has passed. With a wait nothing is counted, so that asking too often
    does not make it worse. All figures are seconds since 1970.
    """
    share = MINUTE / per_minute
    following = max(caught_up_at, now) + share
    wait = following - now - MINUTE
    return (caught_up_at, wait) if wait > _ROUNDING else (following, 0.0)
