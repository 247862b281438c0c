"""Words for a reply to one member: the problem, the question, the answer (R44, R13).

A reply says the problem again so that the member knows it was understood, asks what only they can say, and answers.
It speaks of the problem and never of the person: how somebody sounded is neither said to them nor kept about them.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from app.domain.errors import RefusedError
from app.domain.plain_language import Hint, hints, refusals
from app.domain.text import printable

PART_MOST = 2_000
UNDERSTOOD = "This is what we understood: {}"

_LABELS = re.compile(
    r"\b(?:angry|annoyed|upset|frustrated|frustration|furious|rude|impatient|difficult (?:member|agent|caller|customer)"
    r"|hostile|emotional|hysterical|aggressive|unreasonable|complain(?:s|ing|er)|calm down|overreact(?:ed|ing|s)?)\b",
    re.IGNORECASE,
)
_ON_THE_PROBLEM = "“{}” is about the person. Say what does not work for them, and leave out how they sounded."


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to one member. `question` may stay empty where nothing has to be asked."""

    problem: str
    answer: str
    question: str = ""

    def cleaned(self) -> "Reply":
        """The same words, trimmed and without characters that cannot be shown."""
        return Reply(*(printable(text).strip() for text in (self.problem, self.answer, self.question)))

    def as_text(self, understood: str = UNDERSTOOD) -> str:
        """The reply as it is sent: what was understood, what is known, and last what we ask, so that it is answered.

        `understood` leads to the problem, in the member's language, with "{}" in the place of it.
        """
        said = understood.format(_sentence(self.problem)) if self.problem else ""
        return "\n\n".join(filter(None, (said, self.answer, self.question)))


def checked_reply(reply: Reply, people: Collection[str] = ()) -> Reply:
    """The reply, cleaned. `people` are names of the staff.

    Raises:
        RefusedError: the problem or the answer is missing, a part is too long, speaks of how the member sounded, doubts
            them or blames somebody; one sentence for each field.
    """
    clean = reply.cleaned()
    texts = {"problem": clean.problem, "answer": clean.answer, "question": clean.question}
    problems = refusals(texts, people) | labels_in(texts) | _missing(clean)
    problems |= {name: f"At most {PART_MOST:,} characters." for name, text in texts.items() if len(text) > PART_MOST}
    if problems:
        raise RefusedError(problems)
    return clean


def labels_in(texts: dict[str, str]) -> dict[str, str]:
    """Words that label a person instead of their problem, one sentence for each field; also for notes of the staff."""
    found = {name: _LABELS.search(text) for name, text in texts.items()}
    return {name: _ON_THE_PROBLEM.format(label.group()) for name, label in found.items() if label}


def reply_hints(reply: Reply) -> list[Hint]:
    """What could be said better; advice never stops a reply."""
    more_than_one = Hint("?", "Ask one thing at a time: of two questions the second is seldom answered.")
    return [*hints(reply.cleaned().as_text()), *([more_than_one] if reply.question.count("?") > 1 else [])]


def _missing(reply: Reply) -> dict[str, str]:
    sentences = {
        "problem": (reply.problem, "Say the problem again in your words, so that they know it was understood."),
        "answer": (reply.answer, "Answer it: what is known, what they can do now, or when they will hear."),
    }
    return {name: sentence for name, (text, sentence) in sentences.items() if not text}


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
