"""Two questions to members after an outage, and what their answers add up to (R47)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.accounts import AttemptLimit
from app.domain.errors import RefusedError

WORDS_MOST = 1_000
OPEN_FOR = timedelta(days=14)
"""How long after the resolution members are asked."""


class Answer(StrEnum):
    """How a question may be answered."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """What one member answered: did they hear soon and often enough, could they go on working; and their own words."""

    told: Answer
    worked: Answer
    words: str = ""
    language: str = "en"
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SurveyLimits:
    """The most answers that are believed: an office shares one network, a stranger must not speak for all."""

    network: AttemptLimit = field(default=AttemptLimit(40, timedelta(days=1)))
    network_and_incident: AttemptLimit = field(default=AttemptLimit(12, timedelta(days=1)))

    def of(self, network: str, incident_id: str) -> Mapping[str, AttemptLimit]:
        """The buckets in which one answer from a network is counted."""
        return {f"survey:{network}": self.network, f"survey:{incident_id}:{network}": self.network_and_incident}


@dataclass(frozen=True, slots=True)
class Tally:
    """What the answers about one incident, or about many, add up to."""

    answers: int
    told: Mapping[Answer, int]
    worked: Mapping[Answer, int]

    def share(self, counted: Mapping[Answer, int]) -> float:
        """How much of "yes" there is in it, from 0 to 1; "partly" is half."""
        return (counted[Answer.YES] + counted[Answer.PARTLY] / 2) / self.answers if self.answers else 0.0


def tally(answers: Iterable[SurveyAnswer]) -> Tally:
    """Count them."""
    found = list(answers)
    told, worked = Counter(each.told for each in found), Counter(each.worked for each in found)
    return Tally(len(found), told, worked)


def is_asked(resolved_at: datetime | None, now: datetime) -> bool:
    """Whether members are asked at this moment."""
    return resolved_at is not None and resolved_at <= now < resolved_at + OPEN_FOR


def check_answer(told: str, worked: str, words: str) -> SurveyAnswer:
    """The answer as a value.

    Raises:
        RefusedError: one of the two questions has no answer, or the words are too long.
    """
    problems = {name: "choose" for name, said in (("told", told), ("worked", worked)) if said not in set(Answer)}
    if len(words) > WORDS_MOST:
        problems["words"] = "long"
    if problems:
        raise RefusedError(problems)
    return SurveyAnswer(Answer(told), Answer(worked), words)
