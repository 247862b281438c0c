"""Who did what to which thing, and the chain of hashes that proves nothing was changed since.

Every entry carries the hash of the one before it: SHA-256 over the previous hash and the canonical
JSON of its own facts. Whoever alters, drops or reorders an entry breaks the chain from there on;
whoever keeps the newest hash elsewhere also sees a tail that was cut off (security.md, "Audit").
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What JSON can say."""

FIRST_HASH = "0" * 64
"""What the first entry follows."""

_ACT = re.compile(r"[a-z_]+\.[a-z_]+")


class Means(StrEnum):
    """By which way an act came in."""

    CONSOLE = "console"
    COMMAND_LINE = "command_line"
    TEXT = "text"
    API = "api"
    CLOCK = "clock"
    PROVIDER = "provider"
    SYSTEM = "system"

    @property
    def in_words(self) -> str:
        """The means in words: "Command line"."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `account_id` is None where no account stands behind it: a clock, a provider, a shell.

    `name` is what the log shows. `address` is the network it came from, never a member's address.
    """

    account_id: str | None
    name: str
    means: Means
    address: str = ""


SYSTEM = Actor(None, "Porchlight", Means.SYSTEM)
"""Porchlight itself, where nobody asked."""

CLOCK = Actor(None, "The clock", Means.CLOCK)
"""What was due, done when its time came."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act was done to: `kind` is its noun ("incident"), `id` what it is known by."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `act` is "noun.verb" in the past tense: "incident.opened".

    `before` and `after` hold the facts that changed, plain as JSON, without anybody's address.
    """

    at: datetime
    actor: Actor
    act: str
    subject: Subject
    before: Mapping[str, Plain] | None = None
    after: Mapping[str, Plain] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry stands in the chain: its number from 1, its hash, and the one it follows."""

    seq: int
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the number and hash of its newest entry."""

    seq: int = 0
    hash: str = FIRST_HASH


def linked(head: Head, entry: Entry) -> Link:
    """The next link after `head`."""
    digest = hashlib.sha256(head.hash.encode() + canonical(head.seq + 1, entry)).hexdigest()
    return Link(head.seq + 1, head.hash, digest)


def canonical(seq: int, entry: Entry) -> bytes:
    """An entry's facts as the one JSON text that is hashed: sorted keys, no spaces, ASCII."""
    return json.dumps(facts_of(seq, entry), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def facts_of(seq: int, entry: Entry) -> dict[str, Plain]:
    """An entry as JSON, as it is hashed and exported; moments in UTC with microseconds."""
    return {
        "seq": seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "account_id": entry.actor.account_id,
        "name": entry.actor.name,
        "means": str(entry.actor.means),
        "address": entry.actor.address,
        "act": entry.act,
        "subject_kind": entry.subject.kind,
        "subject": entry.subject.id,
        "before": None if entry.before is None else dict(entry.before),
        "after": None if entry.after is None else dict(entry.after),
    }


def check_act(act: str) -> None:
    """Refuse an act that is not "noun.verb".

    Raises:
        ValueError: it is not.
    """
    if not _ACT.fullmatch(act):
        raise ValueError(f"an act is written “noun.verb”, like incident.opened: {act!r}")


def plain(value: object) -> Plain:
    """A value as JSON says it: moments and days in ISO 8601, names of enums as text, sets sorted.

    Raises:
        TypeError: JSON cannot say it.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case set() | frozenset():
            return [plain(item) for item in sorted(value)]
        case list() | tuple():
            return [plain(item) for item in value]
    raise TypeError(f"the audit log cannot keep a {type(value).__name__}")


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Only the facts that differ, before and after; both empty when nothing did."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def masked(address: str) -> str:
    """An address as the log may show it: enough to recognise, too little to use.

    "ma…@example.com" for mail; "…0142" for a number.
    """
    name, at, host = address.partition("@")
    if at:
        return f"{name[:2]}…@{host}"
    return f"…{address[-4:]}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What reading the whole chain found. `broken_at` is the first number that is not as it was written."""

    entries: int
    head: Head
    broken_at: int | None = None
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was altered, dropped, reordered or cut off."""
        return self.broken_at is None


def verify(chain: Iterable[tuple[Link, Entry]], stored: Head, kept: Head | None = None) -> Verification:
    """Follow the chain from its first entry, in the order of its numbers; stops at the first break.

    `stored` is the head that the database names, `kept` one that was written down elsewhere. Keeps
    no entry, so that a long chain takes no more memory than a short one.
    """
    head = Head()
    for link, entry in chain:
        reason = _break(head, link, entry, kept)
        if reason:
            return Verification(head.seq, head, min(link.seq, head.seq + 1), reason)
        head = Head(link.seq, link.hash)
    for other, whose in ((kept, "the one that was kept"), (stored, "the newest one written")):
        if other is not None and other.seq > head.seq:
            reason = f"The log ends at entry {head.seq}; {whose} is {other.seq}."
            return Verification(head.seq, head, head.seq + 1, reason)
    if stored != head:
        first = min(stored.seq + 1, head.seq)
        return Verification(
            head.seq, head, first, f"Entry {stored.seq} is the newest one written, and not as it is here."
        )
    return Verification(head.seq, head)


def _break(head: Head, link: Link, entry: Entry, kept: Head | None) -> str:
    """Why this link does not follow the head; empty when it does."""
    if link.seq != head.seq + 1:
        return f"Entry {head.seq + 1} is missing."
    if link.previous_hash != head.hash:
        return f"Entry {link.seq} does not follow entry {head.seq}."
    if link != linked(head, entry):
        return f"Entry {link.seq} was altered."
    if kept is not None and kept.seq == link.seq and kept.hash != link.hash:
        return f"Entry {link.seq} is another than the one whose hash was kept."
    return ""
