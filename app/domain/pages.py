"""A page: one call, text or mail to one person on duty, and what became of it (vocabulary.md, R15).

owed ──▶ in hand ──▶ sent ──▶ answered, or not
  │         └──────▶ failed
  ├──▶ dropped (nobody needs to come any more)
  └──▶ by hand ──▶ done (a person calls: no machine rings up a vendor)
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.escalation import By, KeyAnswer
from app.domain.roster import Answering, Person, Roster


class PageState(StrEnum):
    """Where a page stands."""

    OWED = "owed"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    BY_HAND = "by_hand"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the console tells it. `to` is the person's name, or whoever outside is meant."""

    id: str
    call_out_id: str
    to: str
    role: str
    by: By
    state: PageState
    paged_at: datetime
    sent_at: datetime | None = None
    words: str = ""
    answer: KeyAnswer | None = None
    answered_at: datetime | None = None

    @property
    def in_words(self) -> str:
        """What became of it, for the log."""
        if self.answer:
            return "Took it" if self.answer is KeyAnswer.TAKE else "Passed it on"
        if self.state is PageState.SENT:
            return self.words or "On its way"
        return {
            PageState.OWED: self.words or "Going out",
            PageState.FAILED: self.words or "Not sent",
            PageState.DROPPED: "Not needed any more",
            PageState.BY_HAND: "Call them yourself",
            PageState.DONE: "Called",
        }[self.state]


def who_is_paged(roster: Roster, roles: Iterable[str], at: datetime) -> Mapping[str, Person]:
    """The person for each of these roles, by the role's key; a role that nobody answers for is missing.

    Whoever is on duty, or, where nobody is, the first who answers instead. One who answers for two
    roles is named for the first of them.
    """
    found: dict[str, Person] = {}
    for role in roles:
        person = next((each.person for each in roster.answering(role, at)), None)
        if person and person.id not in {each.id for each in found.values()}:
            found[role] = person
    return found


def next_in_line(line: Sequence[Answering], asked: Collection[str]) -> Person | None:
    """Whoever comes next in the line and has not been asked."""
    return next((each.person for each in line if each.person.id not in asked), None)
