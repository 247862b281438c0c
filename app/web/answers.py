"""Whole responses, made ready once: what the public path says, before anybody asks for it.

An answer holds its header list for ASGI and the same head as raw bytes for the protocol of
`app.web.protocol`, so that both ways out say exactly the same.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from app.publish.documents import HTML, JSON, TEXT, Document, Edition
from app.web.negotiation import Coding, coding_for, is_not_newer, matches_tag

CACHE_CONTROL = b"public, max-age=5, s-maxage=10, stale-while-revalidate=300, stale-if-error=86400"
IMMUTABLE = b"public, max-age=31536000, immutable"
ALLOW = b"GET, HEAD, OPTIONS"

# A missing page may be published the next second: nobody keeps its absence for long.
_MISSING = b"public, max-age=5"
_ASSETS = "/static/"
_HEAD = re.compile(rb"\A.*?</head\s*>", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(rb"<style[^>]*>(.*?)</style\s*>", re.DOTALL | re.IGNORECASE)

Headers = tuple[tuple[bytes, bytes], ...]

_NOSNIFF: Headers = ((b"x-content-type-options", b"nosniff"),)
_SHARED: Headers = ((b"access-control-allow-origin", b"*"),)
_HTML_ONLY: Headers = (
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
HSTS: Headers = ((b"strict-transport-security", b"max-age=31536000"),)
SHARED_BY_PROGRAMS: Headers = (*_NOSNIFF, *_SHARED)
"""What every answer says that is made for programs on any site."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, its headers and a body. `head` is the same as raw bytes, without the empty line that ends it."""

    status: int
    headers: Headers
    body: bytes = b""
    head: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Spell the head once, for all who will be sent it."""
        line = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n".encode()
        object.__setattr__(self, "head", line + b"".join(b"%b: %b\r\n" % pair for pair in self.headers))


@dataclass(frozen=True, slots=True)
class _Copy:
    """One coding of a document: all of it, and the word that the reader has it already."""

    tag: bytes
    full: Answer
    unchanged: Answer


class ReadyDocument:
    """The answers for one document, in every coding.

    `secure` adds HSTS (the site is reached by https). With `status` 404 the document stands in for
    one that does not exist, and is neither validated nor kept.
    """

    __slots__ = ("_copies", "_modified_at")

    def __init__(self, document: Document, *, secure: bool, status: int = 200) -> None:
        self._modified_at = document.modified_at
        about = _about(document, secure=secure)
        bodies = {coding: body_in(document, coding) for coding in Coding}
        self._copies = {
            coding: _copy(document, coding, body, about) if status == 200 else _stand_in(coding, body, about, status)
            for coding, body in bodies.items()
        }

    def answer(self, asked: Mapping[bytes, bytes]) -> Answer:
        """The answer to a GET or HEAD with these header fields: 200, or 304 when the reader has it already."""
        copy = self._copies[coding_for(asked.get(b"accept-encoding"))]
        if_none_match = asked.get(b"if-none-match")
        if if_none_match is not None:
            return copy.unchanged if matches_tag(if_none_match, copy.tag) else copy.full
        since = asked.get(b"if-modified-since")
        if since is not None and is_not_newer(self._modified_at, since):
            return copy.unchanged
        return copy.full


def _copy(document: Document, coding: Coding, body: bytes, about: Headers) -> _Copy:
    # RFC 9110, section 8.8.3: a strong tag names exact bytes, so every coding has its own.
    tag = f'"{document.digest}"' if coding is Coding.IDENTITY else f'"{document.digest}-{coding}"'
    validators: Headers = (
        (b"etag", tag.encode()),
        (b"last-modified", format_datetime(document.modified_at.astimezone(UTC), usegmt=True).encode()),
        (b"cache-control", IMMUTABLE if document.path.startswith(_ASSETS) else CACHE_CONTROL),
        (b"vary", b"Accept-Encoding"),
    )
    shared = _shared(document)
    full = Answer(200, (*about, *_measured(coding, body), *validators, *shared), body)
    return _Copy(tag.encode(), full, Answer(304, (*validators, *shared)))


def _stand_in(coding: Coding, body: bytes, about: Headers, status: int) -> _Copy:
    # Without a tag or a date nobody has it already: whatever the condition says, the answer is all of it.
    caching: Headers = ((b"cache-control", _MISSING), (b"vary", b"Accept-Encoding"))
    full = Answer(status, (*about, *_measured(coding, body), *caching), body)
    return _Copy(b"", full, full)


def _measured(coding: Coding, body: bytes) -> Headers:
    length: Headers = ((b"content-length", str(len(body)).encode()),)
    return length if coding is Coding.IDENTITY else ((b"content-encoding", coding.encode()), *length)


def _about(document: Document, *, secure: bool) -> Headers:
    """What every answer with this document's body says about it."""
    headers: Headers = ((b"content-type", document.media_type.encode()), *_NOSNIFF)
    if document.media_type == HTML:
        headers = (*headers, (b"content-security-policy", content_security_policy(document.body)), *_HTML_ONLY)
    return (*headers, *HSTS) if secure else headers


def _shared(document: Document) -> Headers:
    """Whatever programs read may be read by a program on any site; pages are for people."""
    return () if document.media_type == HTML else _SHARED


def unavailable(document: Document, coding: Coding, *extra: tuple[bytes, bytes]) -> Answer:
    """503 with a document that says why and how else to get in; never kept, and never HSTS for another's name."""
    body = body_in(document, coding)
    caching: Headers = ((b"cache-control", b"no-store"), (b"vary", b"Accept, Accept-Encoding"))
    return Answer(503, (*_about(document, secure=False), *_measured(coding, body), *caching, *extra), body)


def body_in(document: Document, coding: Coding) -> bytes:
    """The bytes of a document in one coding."""
    match coding:
        case Coding.GZIP:
            return document.gzip
        case Coding.BROTLI:
            return document.brotli
        case Coding.IDENTITY:
            return document.body


def content_security_policy(body: bytes) -> bytes:
    """The policy for one HTML document: our own files, and the styles that stand in its own `<head>`.

    The hashes are taken from the document rather than from the code, so that an edition printed by
    the version before keeps its look. Only the head counts: a style that somebody got into the
    text of an update stays forbidden.
    """
    head = _HEAD.match(body)
    styles = _STYLE.findall(head.group()) if head else []
    hashes = "".join(f" 'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'" for style in styles)
    return (
        f"default-src 'self'; style-src 'self'{hashes}; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ).encode()


def sentence(status: int, words: str, *extra: tuple[bytes, bytes]) -> Answer:
    """A plain sentence for whoever asked; never kept by a cache."""
    return _unkept(status, TEXT, f"{words}\n".encode(), extra)


def facts(status: int, content: Mapping[str, object], *extra: tuple[bytes, bytes]) -> Answer:
    """A small JSON object; never kept by a cache."""
    return _unkept(status, JSON, json.dumps(content).encode(), extra)


def _unkept(status: int, media_type: str, body: bytes, extra: Headers) -> Answer:
    headers: Headers = (
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    )
    return Answer(status, (*headers, *_NOSNIFF, *extra), body)


BEFORE_FIRST = sentence(
    503, "This page is starting and has nothing to show yet. Try again in a few seconds.", (b"retry-after", b"5")
)
NO_HOST = sentence(400, "The request does not say, in one well-formed Host field, which site it is for.")
WRONG_HOST = sentence(421, "This server does not answer for the host name that was asked for.")
NO_DOCUMENT = sentence(404, "There is no page at this address.")
NO_RESOURCE = facts(404, {"error": "There is no document at this address."}, *_SHARED)
OPTIONS = Answer(
    204,
    (
        (b"allow", ALLOW),
        *_SHARED,
        (b"access-control-allow-methods", ALLOW),
        (b"access-control-allow-headers", b"*"),
        (b"access-control-max-age", b"86400"),
    ),
)


def only_reading(allow: bytes = ALLOW) -> Answer:
    """405 for a document that somebody tried to write to."""
    return sentence(405, "This address can be read, not written to.", (b"allow", allow))


def health(edition: Edition | None, now: datetime) -> Answer:
    """What a load balancer asks: 200 with the generation and its age in seconds once there is an edition."""
    if edition is None:
        return facts(503, {"status": "starting", "generation": None}, (b"retry-after", b"5"))
    age = round((now - edition.as_of).total_seconds(), 3)
    as_of = edition.as_of.isoformat()
    return facts(200, {"status": "ok", "generation": edition.generation, "as_of": as_of, "age_seconds": age})
