"""What has to be done after an incident, or because of one: who owns it, by when, and how it is shown to be done (R59).

open ──▶ done ──▶ open again, when it turns out that it is not
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.errors import RefusedError

WORDS_MOST = 300
OWNER_MOST = 80
PROOF_MOST = 300


class ActionKind(StrEnum):
    """Why it has to be done."""

    FOLLOW_UP = "follow_up"
    PREVENTION = "prevention"
    TEST_ADDED = "test_added"
    VENDOR_ESCALATION = "vendor_escalation"
    REGULATOR = "regulator"
    TASK = "task"

    @property
    def in_words(self) -> str:
        """The kind as the console says it."""
        return _IN_WORDS[self]

    @property
    def prevents(self) -> bool:
        """Whether it is done so that the same does not happen again (R59)."""
        return self in (ActionKind.PREVENTION, ActionKind.TEST_ADDED)


_IN_WORDS = {
    ActionKind.FOLLOW_UP: "Follow-up",
    ActionKind.PREVENTION: "Prevention",
    ActionKind.TEST_ADDED: "Test added",
    ActionKind.VENDOR_ESCALATION: "Tell the supplier",
    ActionKind.REGULATOR: "Tell the regulator",
    ActionKind.TASK: "Task",
}


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One thing to do. `owner` is a team or a person by name.

    `proof` is what shows that it is done: of a test that was added the check, by its id, a link or
    a number. `incident_id` is None for what belongs to no incident.
    """

    id: str
    incident_id: str | None
    kind: ActionKind
    words: str
    owner: str
    due_on: date
    opened_at: datetime
    done_at: datetime | None = None
    proof: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left of it."""
        return self.done_at is not None

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed."""
        return not self.is_done and self.due_on < today


def check_action(words: str, owner: str) -> None:
    """Refuse an action that nobody could do.

    Raises:
        RefusedError: it does not say what, or nobody owns it; or either is too long.
    """
    problems = {}
    if not words or len(words) > WORDS_MOST:
        problems["words"] = f"Say what is to be done, in at most {WORDS_MOST} characters."
    if not owner or len(owner) > OWNER_MOST:
        problems["owner"] = f"Say which team or person does it, in at most {OWNER_MOST} characters."
    if problems:
        raise RefusedError(problems)


def check_proof(kind: ActionKind, proof: str) -> None:
    """Refuse an end that shows nothing.

    Raises:
        RefusedError: a test was added, and nothing says which (R59); or it is too long.
    """
    if kind is ActionKind.TEST_ADDED and not proof:
        raise RefusedError({"proof": "Name the check that now covers it, or give its link or number."})
    if len(proof) > PROOF_MOST:
        raise RefusedError({"proof": f"Use at most {PROOF_MOST} characters."})


def undone(actions: Iterable[ActionItem]) -> list[ActionItem]:
    """What is still to be done, soonest first."""
    return sorted((action for action in actions if not action.is_done), key=lambda action: action.due_on)


def digest(actions: Iterable[ActionItem]) -> str:
    """How these actions stand, in a form that a page can hand back: what was seen by whoever pressed its button."""
    return ",".join(sorted(f"{action.id}{'+' if action.is_done else '-'}" for action in actions))
