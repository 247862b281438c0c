"""Something seems to be wrong: signs of it, and which of them belong to one suspected incident (R3, R7, R11).

A sign is one thing that points to trouble: a check that fails, members who report, an alert from a
monitoring system. Signs that begin close together are one suspicion with one common cause, until
somebody says otherwise: five pages at night for one dead switch help nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TOGETHER = timedelta(minutes=5)
"""What begins within so long of another sign is taken to have the same cause."""


class SignKind(StrEnum):
    """Where a sign comes from."""

    CHECK = "check"
    REPORTS = "reports"
    ALERT = "alert"


class Outcome(StrEnum):
    """How a suspicion ended."""

    INCIDENT = "incident"
    DISMISSED = "dismissed"
    CLEARED = "cleared"

    @property
    def in_words(self) -> str:
        """The outcome as the console says it."""
        return {"incident": "Belongs to an incident", "dismissed": "Nothing to it", "cleared": "Over by itself"}[self]


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that points to trouble.

    `ref` names it within its kind: a probe's id, a component's slug, an alert's fingerprint. `slug`
    is the component it speaks of, where it speaks of one.
    """

    kind: SignKind
    ref: str
    words: str
    began_at: datetime
    slug: str | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still points to trouble."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A suspected incident: its signs, oldest first, and who looks into it."""

    id: str
    number: int
    opened_at: datetime
    signs: tuple[Sign, ...]
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    incident_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to look into it."""
        return self.closed_at is None

    @property
    def slugs(self) -> tuple[str, ...]:
        """The components that its signs speak of, each once, in the order in which they appeared."""
        return tuple(dict.fromkeys(sign.slug for sign in self.signs if sign.slug))

    @property
    def check_ids(self) -> tuple[str, ...]:
        """The probes that failed (R3)."""
        return tuple(dict.fromkeys(sign.ref for sign in self.signs if sign.kind is SignKind.CHECK))

    @property
    def last_sign_at(self) -> datetime:
        """When its newest sign began."""
        return max((sign.began_at for sign in self.signs), default=self.opened_at)


def home_of(sign: Sign, opened: Sequence[Suspicion]) -> Suspicion | None:
    """The open suspicion that a new sign belongs to: one about the same component, or one that began just now.

    Of several the newest; None when it stands alone and is a suspicion of its own.
    """
    near = [item for item in opened if item.is_open and _belongs(sign, item)]
    return max(near, key=lambda item: item.opened_at, default=None)


def _belongs(sign: Sign, suspicion: Suspicion) -> bool:
    if sign.slug is not None and sign.slug in suspicion.slugs:
        return True
    return sign.began_at - suspicion.last_sign_at <= TOGETHER


def is_cleared(signs: Iterable[Sign]) -> bool:
    """Whether nothing points to trouble any more."""
    return not any(sign.is_open for sign in signs)
