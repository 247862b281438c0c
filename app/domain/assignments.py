"""Who takes which part in one incident: offered, accepted or declined (R17, R20).

offered ──▶ accepted ──▶ released
   │
   ├──▶ declined ─┐
   └──▶ unanswered ┴──▶ offered to whoever comes next in the roster
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
