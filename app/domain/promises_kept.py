"""Whether members heard when they were told they would (R41, R73)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from app.domain.incidents import Incident, IncidentUpdate

_TOLERANCE_SECONDS = 60
"""What is said within the minute that was promised is said in time: nobody's clock is better."""


@dataclass(frozen=True, slots=True)
class PromiseOutcome:
    """One promised word: when it was due, and when it came; None while nothing was said."""

    due_at: datetime
    said_at: datetime | None

    def is_kept(self, now: datetime) -> bool:
        """Whether it came in time, or still can."""
        return ((self.said_at or now) - self.due_at).total_seconds() < _TOLERANCE_SECONDS


def promise_outcomes(incident: Incident) -> list[PromiseOutcome]:
    """Every promise made on an incident, in the order made."""
    return list(_outcomes(incident.updates))


def _outcomes(updates: Sequence[IncidentUpdate]) -> Iterable[PromiseOutcome]:
    for said, following in pairwise([*updates, None]):
        if said and said.next_update_at and said.status.is_open:
            yield PromiseOutcome(said.next_update_at, following.said_at if following else None)
