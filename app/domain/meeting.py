"""Where the people of an incident meet: a bridge, a link, a chat (R17). Only those who were invited see it."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.assignments import Answer, Assignment

CODE = "{code}"
"""Stands in the organisation's link or chat for something new in every incident."""

LINE_MOST = 200


@dataclass(frozen=True, slots=True)
class Meeting:
    """A number to call, a link to open, and where to write; each may be empty."""

    bridge: str = ""
    link: str = ""
    chat: str = ""

    def __bool__(self) -> bool:
        return bool(self.bridge or self.link or self.chat)

    def of_incident(self, code: str) -> "Meeting":
        """The same with the incident's own code wherever one is wanted."""
        return Meeting(*(text.replace(CODE, code) for text in (self.bridge, self.link, self.chat)))


def is_invited(assignments: Iterable[Assignment], account_id: str) -> bool:
    """Whether somebody has a part in the incident, or is asked to take one."""
    here = (Answer.OFFERED, Answer.ACCEPTED)
    return any(each.account_id == account_id and each.answer in here for each in assignments)
