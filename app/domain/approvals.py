"""When a second person looks at a message before members do, and what happens when nobody answers (R24).

Two reasons share one rule. A message that may surprise waits ten minutes for the service manager,
then goes out, and calls are owed. Where an organisation wants two people at a severity, the message
waits as long as it said for the commander to check the facts (R21); five minutes is usual. Nothing
waits for ever: silence publishes, and the log says that it did. A correction never waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.accounts import Account, Permission, Role
from app.domain.errors import RefusedError
from app.domain.severity import Severity

SURPRISE_WAITS = timedelta(minutes=10)
WAITS_MOST = timedelta(minutes=60)


class Reason(StrEnum):
    """Why a message waits."""

    MAY_SURPRISE = "may_surprise"
    TWO_PERSON = "two_person"

    @property
    def in_words(self) -> str:
        """The reason in a sentence."""
        if self is Reason.MAY_SURPRISE:
            return "This may surprise or confuse members."
        return "At this severity the incident commander checks the facts first."


class Decision(StrEnum):
    """How the waiting ended. `TIMED_OUT` publishes as `APPROVED` does; `OVERTAKEN` could not be said any more."""

    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    TIMED_OUT = "timed_out"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class TwoPersonRule:
    """The severities at which a second person looks first, each with the longest wait. Empty: never."""

    waits: Mapping[Severity, timedelta] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a wait that would be none, or that would leave members in the dark."""
        if any(not timedelta(0) < wait <= WAITS_MOST for wait in self.waits.values()):
            raise RefusedError({"minutes": "Give 1 to 60 minutes. When they are over, the message goes out."})


@dataclass(frozen=True, slots=True)
class Needed:
    """That a message has to wait: why, for whom, and how long at most."""

    reason: Reason
    asked_of: Role
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Approval:
    """A message that waits for a second person, or has."""

    id: str
    request_id: str
    reason: Reason
    summary: str
    words: str
    incident_id: str | None
    asked_of: Role
    asked_by: str | None
    asked_at: datetime
    expires_at: datetime
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    published_at: datetime | None = None

    def is_waiting(self, now: datetime) -> bool:
        """Whether somebody's word still counts."""
        return self.decision is None and now < self.expires_at

    def may_publish(self, now: datetime) -> bool:
        """Whether the message may go out: somebody agreed, or nobody answered in time."""
        if self.decision is None:
            return now >= self.expires_at
        return self.decision in (Decision.APPROVED, Decision.TIMED_OUT)

    @property
    def owes_calls(self) -> bool:
        """Whether a surprise went out unseen, so that the people concerned are called at once (R24)."""
        return self.reason is Reason.MAY_SURPRISE and self.decision is Decision.TIMED_OUT


def approval_needed(
    rule: TwoPersonRule, severity: Severity, *, may_surprise: bool, is_correction: bool
) -> Needed | None:
    """Whether a message has to wait, and for whom; None when it goes out at once.

    A correction takes back what is wrong and never waits. Of two reasons the longer wait counts.
    """
    if is_correction:
        return None
    surprise = Needed(Reason.MAY_SURPRISE, Role.SERVICE_MANAGER, SURPRISE_WAITS) if may_surprise else None
    wait = rule.waits.get(severity)
    second = Needed(Reason.TWO_PERSON, Role.COMMANDER, wait) if wait else None
    reasons = [needed for needed in (surprise, second) if needed]
    return max(reasons, key=lambda needed: needed.wait, default=None)


def check_may_decide(approval: Approval, account: Account, decision: Decision, now: datetime) -> None:
    """Refuse a word that does not count.

    Raises:
        RefusedError: it is decided or out already; the person wrote the message (they may only
            withdraw it) or did not (they may not withdraw it); or their role does not cover it.
    """
    is_author = approval.asked_by == account.id
    if not approval.is_waiting(now):
        raise RefusedError("This waits no more: it was decided, or its time ran out and it went out.")
    if decision is Decision.WITHDRAWN:
        if not is_author:
            raise RefusedError("Only who wrote it takes it back. You may decline it.")
    elif is_author:
        raise RefusedError("A second person decides; you wrote this one.")
    elif not account.may(Permission.APPROVE):
        raise RefusedError("Your role does not approve messages.")
