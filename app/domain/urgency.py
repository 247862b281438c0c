"""Four questions with yes or no, and the urgency that follows from the answers (R6).

    | blocked | deadline | workaround | nuisance | urgency |
    | ------- | -------- | ---------- | -------- | ------- |
    | yes     | any      | any        | any      | urgent  |
    | no      | yes      | any        | any      | urgent  |
    | no      | no       | yes        | any      | high    |
    | no      | no       | no         | yes      | medium  |
    | no      | no       | no         | no       | high    |

The last row is trouble that no answer describes: it is not taken lightly until somebody knows more.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from app.domain.severity import Urgency

QUESTIONS: Mapping[str, str] = {
    "blocked": "Are members blocked from working, or openly unhappy right now?",
    "deadline": "Is someone about to miss a deadline because of this (offer, listing input, closing)?",
    "workaround": "Is there a workaround that we have tested ourselves?",
    "nuisance": "Is it an inconvenience rather than a blockade?",
}


@dataclass(frozen=True, slots=True)
class UrgencyAnswers:
    """What was answered to the four questions."""

    blocked: bool
    deadline: bool
    workaround: bool
    nuisance: bool

    @property
    def urgency(self) -> Urgency:
        """How often members hear of trouble like that."""
        if self.blocked or self.deadline:
            return Urgency.URGENT
        if self.nuisance and not self.workaround:
            return Urgency.MEDIUM
        return Urgency.HIGH

    @property
    def in_words(self) -> str:
        """The answers in one line: "blocked: no, deadline: no, workaround: yes, nuisance: yes"."""
        return ", ".join(f"{name}: {'yes' if is_so else 'no'}" for name, is_so in asdict(self).items())
