"""How long ago somebody proved that a direct sign-in works: a door nobody tried is no door (R32)."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from app.domain.components import Component, DirectLink

AGEING_DAYS = 60
STALE_DAYS = 120


class Proof(StrEnum):
    """What the last proof of a link is worth."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"
    NEVER = "never"


def proof_of(link: DirectLink, today: date) -> Proof | None:
    """What the proof is worth on that day; None where there is no door to prove."""
    if not link.is_door:
        return None
    if link.verified_on is None:
        return Proof.NEVER
    age = (today - link.verified_on).days
    if age > STALE_DAYS:
        return Proof.STALE
    return Proof.AGEING if age > AGEING_DAYS else Proof.FRESH


def overdue_proofs(components: Iterable[Component], today: date, within_days: int) -> list[Component]:
    """Components whose direct link nobody proved in so many days, those never proved first, then the oldest."""
    oldest = today - timedelta(days=within_days)
    due = [item for item in components if item.direct_link.is_door and _proved_on(item) < oldest]
    return sorted(due, key=_proved_on)


def _proved_on(component: Component) -> date:
    return component.direct_link.verified_on or date.min
