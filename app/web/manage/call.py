"""One request of a program: its key, what it may do, and what it works with. No cookies, no sign-in.

Authorization: OAuth KEY      or Bearer KEY      or ?api_key=KEY
    unknown or revoked ──▶ 401
    too often ───────────▶ 429 with Retry-After
    not in its scopes ───▶ 403
    another page's id ───▶ 404
"""

import hashlib
import json
import math
import threading
from collections.abc import Callable, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Header
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.commands.api_keys import known_api_key, use_api_key
from app.commands.sign_ins import network_of
from app.domain.api_keys import ApiKey, Scope
from app.domain.audit import Actor, Means
from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.errors import NotFoundError
from app.domain.organisation import Organisation
from app.domain.sign_ups import SignUpLimits
from app.publish.documents import JSON
from app.publish.freeze import Freezer
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage import encoded
from app.store.organisation import the_organisation
from app.store.session import Database
from app.store.signed_links import Links
from app.store.submissions import once
from app.web.manage.bodies import Tree
from app.web.manage.fields import Fields

PAGE_MOST = 100
"""The most objects in one list, and how many when nobody says."""


@dataclass(frozen=True, slots=True)
class ManageParts:
    """What the Manage API works with, handed in by the composition root; `channels` are those that can send."""

    database: Database
    links: Links
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    limits: SignUpLimits = field(default_factory=SignUpLimits)
    channels: Set[Channel] = ALL_CHANNELS


class Shown:
    """The public state as it stands in the database now; safe to share between threads.

    What did not change since the last call is kept, so that a long history is read once.
    """

    def __init__(self, parts: ManageParts) -> None:
        self._parts = parts
        self._freezer = Freezer(parts.links.public_url)
        self._one_at_a_time = threading.Lock()

    def now(self) -> PublicSnapshot:
        """Freeze it.

        Raises:
            NotFoundError: no organisation has been loaded.
        """
        with self._one_at_a_time, self._parts.database.read() as session:
            return self._freezer.freeze(session, self._parts.clock())


@dataclass(frozen=True, slots=True)
class Call:
    """One request by a key that may make it. `now` is the same moment for all of it."""

    parts: ManageParts
    shown: Shown
    key: ApiKey
    organisation: Organisation
    network: str
    now: datetime

    @property
    def actor(self) -> Actor:
        """Who is asking, as the audit log names them."""
        return Actor(None, f"Key “{self.key.name}”", Means.API, self.network)

    def transaction(self) -> AbstractContextManager[Session]:
        """One change in the name of the key; see `Database.transaction`."""
        return self.parts.database.transaction(by=self.actor)

    def once(self, retry_key: str, address: str, body: Tree, act: Callable[[Session], str]) -> str:
        """Do `act` in one transaction; or, when a request with this `retry_key` did it before, only say its result.

        Raises:
            RefusedError: it did it before with another body; or whatever `act` refuses.
        """
        if not retry_key:
            with self.transaction() as session:
                return act(session)
        key, digest = _hash(f"{address}\n{retry_key}"), _hash(json.dumps(body, sort_keys=True))
        return once(self.parts.database, self.key.id, key, digest, act, by=self.actor, now=self.now)

    def fields(self, body: Tree, noun: str) -> Fields:
        """The object of that name in a body: {"incident": {...}}.

        Raises:
            HTTPException: 400 there is none.
        """
        given = body.get(noun)
        if not isinstance(given, dict):
            raise HTTPException(400, f"Send an object “{noun}”, or fields like {noun}[name].")
        return Fields(given, self.organisation.zone)


class Needs:
    """The guard of a route: a key that may do this, on the page it names, at its own rate.

    Raises:
        HTTPException: 401, 403 or 429.
        NotFoundError: the page of the address is not this one.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, request: Request) -> Call:
        """Who is asking, and with what the route works."""
        parts: ManageParts = request.app.state.parts
        now = parts.clock()
        with parts.database.read() as session:
            key = known_api_key(session, _given_key(request))
            organisation = the_organisation(session) if key else None
        if key is None or organisation is None:
            raise HTTPException(401, _NO_KEY, {"WWW-Authenticate": "OAuth"})
        _count(parts, key, now)
        if not key.may(self.scope):
            raise HTTPException(403, f"The key “{key.name}” may not do this; it needs the scope “{self.scope}”.")
        if request.path_params.get("page_id", organisation.id) != organisation.id:
            raise NotFoundError("There is no page with this id here.")
        network = network_of(request.client.host if request.client else "")
        return Call(parts, request.app.state.shown, key, organisation, network, now)


class Published:
    """Marks the one address that needs no key: the description of all others."""

    def __call__(self) -> None:
        """Let everybody in."""


Reader = Annotated[Call, Depends(Needs(Scope.READ))]
Poster = Annotated[Call, Depends(Needs(Scope.INCIDENTS_WRITE))]
Editor = Annotated[Call, Depends(Needs(Scope.COMPONENTS_WRITE))]
Keeper = Annotated[Call, Depends(Needs(Scope.SUBSCRIBERS_WRITE))]

_NO_KEY = "Send a key of this page: “Authorization: OAuth KEY”. It may be mistyped, or have been revoked."


def answer(fields: Any, status: int = 200) -> Response:
    """An object or a bare list as JSON, kept by nobody on the way."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(encoded(fields), status, headers, media_type=JSON)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list was asked for; `page` counts from 1."""

    limit: int
    page: int

    def of(self, listed: list[Any]) -> list[Any]:
        """That part."""
        start = (self.page - 1) * self.limit
        return listed[start : start + self.limit]


def paging(limit: int = PAGE_MOST, per_page: int | None = None, page: int = 1) -> Paging:
    """`limit` or `per_page`, 100 at most, and `page`."""
    return Paging(min(max(per_page or limit, 1), PAGE_MOST), max(page, 1))


RetryKey = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]
"""What a program that may send a request twice puts on both, so that members are told once."""

AnyPage = Annotated[Paging, Depends(paging)]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()


def _given_key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("oauth", "bearer"):
        return key.strip()
    return request.query_params.get("api_key", "")


def _count(parts: ManageParts, key: ApiKey, now: datetime) -> None:
    try:
        with parts.database.transaction() as session:
            wait = use_api_key(session, key.id, now=now)
    except NotFoundError:
        raise HTTPException(401, _NO_KEY, {"WWW-Authenticate": "OAuth"}) from None
    if wait:
        seconds = math.ceil(wait)
        words = f"This key makes more than {key.per_minute} requests a minute. Try again in {seconds} seconds."
        raise HTTPException(429, words, {"Retry-After": str(seconds)})
