"""The public page from memory: an ASGI wrapper *outside* the application.

A GET or HEAD of a document touches neither a database nor a template: it is a look-up in the
edition that the memory sink holds, and the bytes are sent as they are. Everything else is the
application's; what the application does not know either is answered with the page that still
shows the verdict.

    request ── /healthz ──────────────────────▶ generation and age
       ├─ /tls/ask ───────────────────────────▶ whether a name is on one of our lists
       │
       ├─ host unknown ───────────────────────▶ 421     (malformed or missing: 400)
       ├─ host of the MLS that points here ───▶ 503 with the outage document, whatever is asked
       ├─ host of the console ────────────────▶ application
       └─ public host ─┬─ GET, HEAD document ─▶ 200 or 304 from memory
                       ├─ /pulse.json ────────▶ when the publisher was last seen alive
                       ├─ unreadable path ────▶ 404 document
                       └─ application ─┬─ owns the path ─▶ its answer
                                       └─ does not ──────▶ 405, 404 document, or 503 before the first edition
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.publish.addresses import FAILOVER_FOLDER
from app.publish.documents import JSON, Document, Edition
from app.publish.pulse import CACHING as PULSE_CACHING
from app.publish.pulse import PULSE
from app.publish.sinks import MemorySink
from app.web.answers import (
    ALLOW,
    BEFORE_FIRST,
    HSTS,
    NO_DOCUMENT,
    NO_HOST,
    NO_RESOURCE,
    OPTIONS,
    SHARED_BY_PROGRAMS,
    WRONG_HOST,
    Answer,
    ReadyDocument,
    health,
    only_reading,
    sentence,
)
from app.web.failover import OutageDocuments
from app.web.negotiation import fields, host_name

HEALTH = "/healthz"
ASK = "/tls/ask"
"""Where Caddy asks whether a certificate may be obtained for `?domain=`: for the names on our lists, and no other."""

PULSE_PATH = f"/{PULSE}"
"""When the publisher was last seen alive; the page's script asks for it."""

READING = frozenset({"GET", "HEAD"})

_API = "/api/"
_NOT_FOUND = re.compile("(?:/[a-z]{2})?/404")
_LANGUAGE = re.compile("/[a-z]{2}(?=/)")
_LONGEST_PATH = 2_048
# What no document and no route can have in its path: control characters, and what was not UTF-8.
_UNREADABLE = re.compile("[\x00-\x1f\x7f\ufffd]")


class Site(Enum):
    """Whose name a request used."""

    PUBLIC = auto()
    CONSOLE = auto()
    FAILOVER = auto()
    UNKNOWN = auto()
    MALFORMED = auto()


class Snapshot:
    """Serves the current edition to public hosts, and the application to everybody else.

    `public_hosts` and `console_hosts` are exact names without port (IPv6 addresses without
    brackets). A name in both is public, with the application behind it. On a console host that is
    not public no document is served. `failover_hosts` are the MLS's own names that may point here:
    they get the outage document and nothing else. `secure` says that readers come by https, and adds
    HSTS.

    Raises:
        ValueError: a host is a wildcard or cannot be a host name, or is ours and the MLS's at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        memory: MemorySink,
        *,
        public_hosts: Collection[str],
        console_hosts: Collection[str] = (),
        failover_hosts: Collection[str] = (),
        secure: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._app = app
        self._memory = memory
        self._sites = {_exact(host): Site.CONSOLE for host in console_hosts}
        self._sites |= {_exact(host): Site.PUBLIC for host in public_hosts}
        self._sites |= self._failover_sites(failover_hosts)
        self._outage = OutageDocuments(memory)
        self._secure = secure
        self._clock = clock
        self._edition: Edition | None = None
        self._ready: dict[str, ReadyDocument] = {}
        self.site = lru_cache(maxsize=256)(self._site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = fields(scope["headers"])
        answer = self._answer(scope, asked)
        if answer is not None:
            await _say(answer, scope["method"], send)
        elif self.site(asked[b"host"]) is Site.PUBLIC:
            await self._app(scope, receive, _Unowned(self, scope, asked, send))
        else:
            await self._app(scope, receive, send)

    def document_answer(self, path: str, asked: Mapping[bytes, bytes]) -> Answer | None:
        """The answer to a plain GET or HEAD, when a public host was asked for a document; else nothing.

        `asked` is what `fields` made of the headers. This is all that the protocol of
        `app.web.protocol` needs; whatever it cannot answer comes in through `__call__`.
        """
        site = self.site(asked.get(b"host", b""))
        if site is Site.FAILOVER:
            return self._outage.answer(path, asked)
        if site is not Site.PUBLIC:
            return None
        ready = self._document(path)
        return self._pulse(path) if ready is None else ready.answer(asked)

    def absent(self, scope: Scope, asked: Mapping[bytes, bytes]) -> Answer:
        """What to say on a public host when the application does not own the path either."""
        path = scope["path"]
        if self._memory.edition is None:
            return BEFORE_FIRST
        if scope["method"] not in READING and self._document(path) is not None:
            return only_reading()
        if path.startswith(_API):
            return NO_RESOURCE
        return self._missing(path, asked)

    def has(self, path: str) -> bool:
        """Whether the current edition has a document for this path."""
        return self._document(path) is not None

    def _answer(self, scope: Scope, asked: Mapping[bytes, bytes]) -> Answer | None:
        """What can be said without the application."""
        site = self.site(asked.get(b"host", b""))
        if site is Site.FAILOVER:
            return self._outage.answer(scope["path"], asked)
        if scope["path"] == HEALTH and scope["method"] in READING:
            return self._health()
        if scope["path"] == ASK and scope["method"] in READING:
            return self._knows(scope["query_string"])
        if site is Site.PUBLIC:
            return self._public_answer(scope["method"], scope["path"], asked)
        if site is Site.CONSOLE:
            return None
        # HTTP/1.0 knew no Host field, so that leaving it out there is not a mistake (RFC 9112, 3.2).
        malformed = site is Site.MALFORMED and (b"host" in asked or scope["http_version"] != "1.0")
        return NO_HOST if malformed else WRONG_HOST

    def _public_answer(self, method: str, path: str, asked: Mapping[bytes, bytes]) -> Answer | None:
        ready = self._document(path)
        if ready is None:
            if method in READING and (answer := self._pulse(path)):
                return answer
            return self._missing(path, asked) if _is_unreadable(path) else None
        if method in READING:
            return ready.answer(asked)
        return OPTIONS if method == "OPTIONS" else None

    def _document(self, path: str) -> ReadyDocument | None:
        """The ready answers for a path of the current edition; made at the first request for it."""
        edition = self._memory.edition
        if edition is not self._edition:
            self._edition, self._ready = edition, {}
        return self._ready.get(path) or self._prepare(path)

    def _prepare(self, path: str) -> ReadyDocument | None:
        is_hidden = path.startswith(FAILOVER_FOLDER)  # for the MLS's names alone, and for the web server in front
        document = _found(path, self._edition.documents) if self._edition and not is_hidden else None
        if document is None:
            return None
        status = 404 if _NOT_FOUND.fullmatch(document.path) else 200
        ready = ReadyDocument(document, secure=self._secure, status=status)
        self._ready[path] = ready
        return ready

    def _missing(self, path: str, asked: Mapping[bytes, bytes]) -> Answer:
        """The 404 document, in the language of the path when there is one."""
        language = _LANGUAGE.match(path)
        ready = self._document(f"{language.group()}/404") if language else None
        ready = ready or self._document("/404")
        return NO_DOCUMENT if ready is None else ready.answer(asked)

    def _knows(self, query: bytes) -> Answer:
        """Whether the name in `?domain=` is ours or the MLS's; a stranger's certificate is not our business."""
        domain = dict(parse_qsl(query.decode("latin-1"))).get("domain", "")
        is_known = self.site(domain.encode("latin-1", "replace")) not in (Site.UNKNOWN, Site.MALFORMED)
        return sentence(200, "Yes.") if is_known else sentence(404, "No.")

    def _pulse(self, path: str) -> Answer | None:
        body = self._memory.pulse
        return _pulse_answer(body, self._secure) if path == PULSE_PATH and body else None

    def _health(self) -> Answer:
        return health(self._memory.edition, self._clock())

    def _failover_sites(self, hosts: Collection[str]) -> dict[str, Site]:
        sites = {_exact(host): Site.FAILOVER for host in hosts}
        if both := sorted(sites.keys() & self._sites.keys()):
            raise ValueError(f"{both[0]!r} cannot be a host of this installation and of the MLS at once.")
        return sites

    def _site(self, host: bytes) -> Site:
        name = host_name(host)
        return Site.MALFORMED if name is None else self._sites.get(name, Site.UNKNOWN)


class _Unowned:
    """A `send` that replaces the application's answer where no route of it owns the path.

    Starlette notes the route that matched in the scope, so that a 404 which a route meant is told
    from one that means "nobody here".
    """

    def __init__(self, snapshot: Snapshot, scope: Scope, asked: Mapping[bytes, bytes], send: Send) -> None:
        self._snapshot = snapshot
        self._scope = scope
        self._asked = asked
        self._send = send
        self._is_replaced = False

    async def __call__(self, message: Message) -> None:
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            await self._start(message)
        else:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        if message["status"] == 404 and "endpoint" not in self._scope:
            self._is_replaced = True
            await _say(self._snapshot.absent(self._scope, self._asked), self._scope["method"], self._send)
        elif message["status"] == 405 and self._snapshot.has(self._scope["path"]):
            self._is_replaced = True
            theirs = fields(message["headers"]).get(b"allow", b"")
            allow = b", ".join(dict.fromkeys([*ALLOW.split(b", "), *filter(None, theirs.split(b", "))]))
            await _say(only_reading(allow), self._scope["method"], self._send)
        else:
            await self._send(message)


@lru_cache(maxsize=4)
def _pulse_answer(body: bytes, secure: bool) -> Answer:
    headers = (
        (b"content-type", JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", PULSE_CACHING.encode()),
        *SHARED_BY_PROGRAMS,
    )
    return Answer(200, headers + HSTS if secure else headers, body)


async def _say(answer: Answer, method: str, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})


def _found(path: str, documents: Mapping[str, Document]) -> Document | None:
    """A document by its path; a slash at the end is forgiven, and so is `.json` in the API, too many or too few."""
    bare = path.removesuffix("/")
    spellings = [path, bare, f"{bare}/"]
    if bare.startswith(_API):
        spellings += [f"{bare}.json", bare.removesuffix(".json")]
    return next((documents[spelling] for spelling in spellings if spelling in documents), None)


def _is_unreadable(path: str) -> bool:
    return len(path) > _LONGEST_PATH or _UNREADABLE.search(path) is not None


def _exact(host: str) -> str:
    literal = f"[{host}]" if ":" in host else host
    name = host_name(literal.encode())
    if name is None:
        raise ValueError(f"{host!r} is not an exact host name, without port.")
    return name
