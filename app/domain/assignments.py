"""Who takes which part in one incident: offered, accepted or declined (R17, R20).

offered ──▶ accepted ──▶ released
   │
   ├──▶ declined ─┐
   └──▶ unanswered ┴──▶ offered to whoever comes next in the roster
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.severity import Severity

COMMANDER = "incident_commander"
LEAD = "comms_lead"
OPERATIONS = "operations_manager"

OFFER_HOLDS = timedelta(minutes=10)
"""How long an offer waits before whoever comes next is asked."""


def needed_roles(severity: Severity | None) -> tuple[str, ...]:
    """The parts that an incident of this severity needs; of one without a severity, two."""
    wide = severity in (Severity.CRITICAL, Severity.HIGH)
    return (COMMANDER, LEAD, OPERATIONS) if wide else (COMMANDER, LEAD)


class Answer(StrEnum):
    """How an offer stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    UNANSWERED = "unanswered"
    RELEASED = "released"

    @property
    def in_words(self) -> str:
        """The answer as the console says it."""
        return {"offered": "Asked", "unanswered": "No answer"}.get(self, self.value.capitalize())


@dataclass(frozen=True, slots=True)
class Assignment:
    """One part offered to one person. `person` and `role_name` are as they are called now."""

    id: str
    incident_id: str
    role: str
    role_name: str
    person_id: str
    person: str
    account_id: str | None
    answer: Answer
    offered_at: datetime
    answered_at: datetime | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether this person has the part now."""
        return self.answer is Answer.ACCEPTED


def accepted(assignments: Iterable[Assignment]) -> Mapping[str, Assignment]:
    """Who has each part now, by the key of the role; a part that nobody took is missing."""
    return {each.role: each for each in assignments if each.is_accepted}


def designated(assignments: Iterable[Assignment], role: str) -> Assignment | None:
    """Who is meant to have a part: whoever took it, else whoever is asked, so that the roster is the default (R4)."""
    open_to = [each for each in assignments if each.role == role and each.answer in (Answer.ACCEPTED, Answer.OFFERED)]
    return max(open_to, key=lambda each: (each.is_accepted, each.offered_at), default=None)


def gaps(assignments: Sequence[Assignment], severity: Severity | None) -> tuple[str, ...]:
    """The needed parts that nobody has taken."""
    return tuple(role for role in needed_roles(severity) if role not in accepted(assignments))
