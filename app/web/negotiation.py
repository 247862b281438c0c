"""What a request asks for: which coding, which host, and whether the reader has it already (RFC 9110).

Every function takes raw header bytes from a stranger, never raises, and takes time in proportion to
their length at worst. The first two are remembered by the raw bytes: a few dozen browsers send
nearly all there is.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address

_LONGEST_ACCEPT = 1_024
_LONGEST_DATE = 64
_LONGEST_HOST = 260
_QUALITY = re.compile(r"[01](?:\.\d{0,3})?")
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\.?)(?::\d{0,5})?")


class Coding(StrEnum):
    """The codings a document is kept in, dearest to the reader first."""

    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


def fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Header fields by lower-case name; repeated ones are joined by a comma (RFC 9110, section 5.3)."""
    pairs = list(headers)
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    joined: dict[bytes, list[bytes]] = {}
    for name, value in pairs:
        joined.setdefault(name, []).append(value)
    return {name: b", ".join(values) for name, values in joined.items()}


@lru_cache(maxsize=256)
def coding_for(accept_encoding: bytes | None) -> Coding:
    """The coding to answer in: the one with the best quality, the smallest among equals (RFC 9110, 12.5.3).

    Without the header there is no promise that the reader can unpack anything, so it gets the plain
    bytes; so does one that refuses every coding, because a page is worth more than a 406.
    """
    if not accept_encoding or len(accept_encoding) > _LONGEST_ACCEPT:
        return Coding.IDENTITY
    wanted = qualities(accept_encoding.decode("latin-1").lower())
    anything = wanted.get("*", 0.0)
    gzip = wanted.get("gzip", wanted.get("x-gzip", anything))
    # What is not named stays acceptable as it is, but is nobody's first choice.
    plain = wanted.get("identity", min(anything, 0.001) if "*" in wanted else 0.001)
    quality = {Coding.BROTLI: wanted.get("br", anything), Coding.GZIP: gzip, Coding.IDENTITY: plain}
    best = max(Coding, key=lambda coding: quality[coding])
    return best if quality[best] > 0 else Coding.IDENTITY


def qualities(accept: str) -> dict[str, float]:
    """What a list such as Accept or Accept-Encoding names, each with its quality from 0 to 1."""
    found: dict[str, float] = {}
    for member in accept.split(","):
        name, *parameters = (part.strip() for part in member.split(";"))
        quality = _quality(parameters)
        if name and quality is not None:
            found[name] = quality
    return found


def _quality(parameters: list[str]) -> float | None:
    """The value of `q`, 1 without one, nothing when it is not a quality (that member is then ignored)."""
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return min(float(value), 1.0) if _QUALITY.fullmatch(value.strip()) else None
    return 1.0


@lru_cache(maxsize=256)
def host_name(host: bytes) -> str | None:
    """The name in a Host field: lower case, without port, final dot or brackets; None when it is malformed."""
    if len(host) > _LONGEST_HOST:
        return None
    match = _HOST.fullmatch(host.decode("latin-1").strip().lower())
    if match is None:
        return None
    literal, name = match.groups()
    return _address(literal) if literal else name


def _address(literal: str) -> str | None:
    try:
        return str(IPv6Address(literal))
    except ValueError:
        return None


def matches_tag(if_none_match: bytes, tag: bytes) -> bool:
    """Whether a list of entity tags holds this one, compared weakly, or is `*` (RFC 9110, 13.1.2).

    `tag` is one of ours, quotes included. No other tag of a well-formed list can contain it, since
    a tag has no quote inside, so a search of the bytes is the comparison, whatever `W/` stands before.
    """
    return tag in if_none_match or if_none_match.strip() == b"*"


def is_not_newer(modified_at: datetime, if_modified_since: bytes) -> bool:
    """Whether nothing changed since the date given; a date that cannot be read counts for nothing (13.1.3)."""
    if len(if_modified_since) > _LONGEST_DATE:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since.decode("latin-1"))
    except (ValueError, OverflowError):
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return modified_at.replace(microsecond=0) <= since
