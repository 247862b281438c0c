"""What a person at the switch can ask for. The console and the command line share it; `app.monitor.dns` does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.audit import Actor
from app.domain.failover import SEEN_BY_MOST, Records, Switch, leads_to
from app.domain.failover_risks import Answer


@dataclass(frozen=True, slots=True)
class Watch:
    """What everybody answers at this moment, beside what is wanted. `words` are the provider's own progress."""

    at: datetime
    wanted: Records
    answers: tuple[Answer, ...]
    words: str = ""

    def is_right(self, answer: Answer) -> bool:
        """Whether that server answers what is wanted."""
        return not answer.trouble and leads_to(answer.records, self.wanted)

    @property
    def is_visible(self) -> bool:
        """Whether every authoritative server that answers has it; what is in their zone is not yet in every cache."""
        answers = [answer for answer in self.answers if answer.is_authoritative and not answer.trouble]
        return bool(answers) and all(self.is_right(answer) for answer in answers)

    @property
    def is_seen_by_most(self) -> bool:
        """Whether nine in ten of the places that answer have it."""
        answers = [answer for answer in self.answers if not answer.trouble]
        return bool(answers) and sum(self.is_right(answer) for answer in answers) >= SEEN_BY_MOST * len(answers)


class FailoverDesk(Protocol):
    """Plan, apply, watch, revert. Every method returns the id of the run it worked on, or raises a sentence."""

    @property
    def providers(self) -> Mapping[str, str]:
        """Key and name in words of every provider that the settings give what it needs."""

    def check(self, switch: Switch) -> None:
        """Refuse a switch whose provider is not set up here.

        Raises:
            RefusedError: it is not.
        """

    def plan(self, name: str, by: Actor, *, is_drill: bool = False) -> str:
        """Read what is served, weigh it, and keep the plan."""

    def apply(self, run_id: str, typed: str, by: Actor) -> str:
        """Carry out a plan that was looked over, after reading everything once more."""

    def watch(self, run_id: str) -> Watch:
        """Ask everybody what they answer, and note how far it is. Clears up what was in doubt."""

    def watch_all(self) -> None:
        """Watch every name that is on its way."""

    def revert(self, run_id: str, typed: str, by: Actor, *, reason: str = "") -> str:
        """Put the saved records back."""
