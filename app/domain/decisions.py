"""What has to be decided in every incident, and how long an answer holds (R18, R19)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.text import printable

REASON_MOST = 500

SILENCE_HOLDS = timedelta(minutes=30)
"""How long "members need not hear of it" holds before it is asked again."""


class Question(StrEnum):
    """What has to be answered."""

    MEMBERS = "members"
    OUTSIDE = "outside"

    @property
    def in_words(self) -> str:
        """The question as it is asked."""
        return _ASKED[self]

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers there are."""
        return _ANSWERS[self]


_ASKED = {
    Question.MEMBERS: "Is member communication needed?",
    Question.OUTSIDE: "Are outside parties affected (vendors, regulators, associations)?",
}
_ANSWERS = {Question.MEMBERS: ("yes", "no"), Question.OUTSIDE: ("none", "vendor", "regulator", "both")}


@dataclass(frozen=True, slots=True)
class IncidentDecision:
    """One answer. `decided_by` is an account, None where it follows from what was done."""

    question: Question
    answer: str
    decided_at: datetime
    reason: str = ""
    decided_by: str | None = None
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it still answers the question."""
        return self.expires_at is None or now < self.expires_at


def standing(decisions: Iterable[IncidentDecision], now: datetime) -> Mapping[Question, IncidentDecision]:
    """The answers that hold now; a question without one has to be asked."""
    return {each.question: each for each in decisions if each.holds(now)}


def check_decision(question: Question, answer: str, reason: str) -> str:
    """The reason as it is kept.

    Raises:
        RefusedError: there is no such answer, or members are to hear nothing and nobody says why.
    """
    reason = printable(reason).strip()[:REASON_MOST]
    if answer not in question.answers:
        raise RefusedError({question.value: "Choose one of the answers."})
    if question is Question.MEMBERS and answer == "no" and not reason:
        raise RefusedError({f"{question}_reason": "Say why members need not hear of it."})
    return reason


def vendor_is_affected(answer: str) -> bool:
    """Whether an answer to the second question names a supplier."""
    return answer in ("vendor", "both")


def regulator_is_affected(answer: str) -> bool:
    """Whether an answer to the second question names a regulator."""
    return answer in ("regulator", "both")
