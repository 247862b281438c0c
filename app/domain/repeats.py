"""Whether an incident happened before: alike in components, words and causes, and what was to be done then (R65)."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from app.domain.actions import ActionItem, undone

_WORD = re.compile(r"[a-z0-9]{4,}")
_SAY_NOTHING = frozenset(
    [
        *("about", "again", "also", "been", "before", "being", "cannot", "does", "down", "every", "everyone", "fails"),
        *(
            "failing",
            "from",
            "have",
            "into",
            "member",
            "members",
            "nobody",
            "only",
            "other",
            "over",
            "service",
            "since",
        ),
        *("some", "that", "their", "them", "then", "there", "they", "this", "today", "trouble", "until", "were"),
        *("what", "when", "which", "while", "with", "work", "working", "your"),
    ]
)
_LEAST = 0.34
"""Below this, two incidents have no more in common than any two of one MLS."""

_COMPONENTS, _TITLE, _CAUSE = 0.45, 0.35, 0.2


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that is over, as far as it is compared: what failed, what it was called, why it happened."""

    id: str
    title: str
    components: frozenset[str]
    cause: str
    actions: tuple[ActionItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """A past incident that looks the same; `score` from 0 to 1, `because` in words."""

    past: PastIncident
    score: float
    because: str

    @property
    def left_undone(self) -> Sequence[ActionItem]:
        """What was to keep it from happening again and is not done: the repeat's own flag."""
        return undone(self.past.actions)


def likenesses(
    title: str, components: Collection[str], words: str, past: Iterable[PastIncident], most: int = 5
) -> list[Likeness]:
    """The past incidents that look most like this one, the likest first. `words` is what was said of it so far."""
    found = [_likeness(title, frozenset(components), words, each) for each in past]
    alike = sorted((each for each in found if each.score >= _LEAST), key=lambda each: (-each.score, each.past.id))
    return alike[:most]


def _likeness(title: str, components: frozenset[str], words: str, past: PastIncident) -> Likeness:
    shared = components & past.components
    named = _terms(title) & _terms(past.title)
    caused = _terms(f"{title} {words}") & _terms(past.cause)
    score = (
        _COMPONENTS * _share(components, past.components)
        + _TITLE * _share(_terms(title), _terms(past.title))
        + _CAUSE * min(1.0, len(caused) / 3)
    )
    reasons = (
        f"{len(shared)} of the same services" if shared else "",
        f"the same words in the title: {', '.join(sorted(named))}" if named else "",
        f"words of the old cause: {', '.join(sorted(caused))}" if caused else "",
    )
    return Likeness(past, round(score, 3), "; ".join(filter(None, reasons)))


def _share(one: Collection[str], other: Collection[str]) -> float:
    """How much of both is the same (Jaccard)."""
    both = set(one) | set(other)
    return len(set(one) & set(other)) / len(both) if both else 0.0


def _terms(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold())) - _SAY_NOTHING
