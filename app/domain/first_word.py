"""The first word to members: how soon it came, who found the trouble, and when it may go out by itself (R26)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.severity import Kind, Severity
from app.domain.suspicions import SignKind, Suspicion

TARGET = timedelta(minutes=10)
"""From detection to the first public word."""

MINUTES_MOST = 60


class FoundBy(StrEnum):
    """Who noticed first."""

    US = "us"
    THEM = "them"

    @property
    def in_words(self) -> str:
        """As the console says it."""
        return "We found it" if self is FoundBy.US else "Members found it first"


@dataclass(frozen=True, slots=True)
class FirstWord:
    """When trouble was detected, when members first heard of it from us, and who found it."""

    detected_at: datetime
    said_at: datetime | None
    found_by: FoundBy
    is_automatic: bool = False

    @property
    def after(self) -> timedelta | None:
        """How long members waited; None while they still do."""
        return max(self.said_at - self.detected_at, timedelta(0)) if self.said_at else None

    @property
    def is_in_time(self) -> bool:
        """Whether the target was met."""
        return self.after is not None and self.after <= TARGET


def found_by(signs: Collection[SignKind], detected_by: str) -> FoundBy:
    """Who found it: the kinds of the signs that came first, or what was noted where there were none.

    Checks, alerts and a vendor's own notice are ours; members' reports are theirs.
    """
    if signs:
        return FoundBy.THEM if set(signs) == {SignKind.REPORTS} else FoundBy.US
    return FoundBy.THEM if detected_by == "member_reports" else FoundBy.US


@dataclass(frozen=True, slots=True)
class AutomaticRule:
    """Trouble of this severity that nobody has taken on is spoken of after `wait_minutes`.

    `confirm_minutes` is within how long a person says more; it becomes the promise.
    """

    severity: Severity
    wait_minutes: int
    confirm_minutes: int


def check_rule(rule: AutomaticRule) -> None:
    """Refuse a rule that cannot be kept.

    Raises:
        RefusedError: a wait or a promise out of bounds.
    """
    bounds = ((f"wait_{rule.severity}", rule.wait_minutes, 1), (f"confirm_{rule.severity}", rule.confirm_minutes, 5))
    problems = {
        name: f"Give a whole number from {least} to {MINUTES_MOST}."
        for name, minutes, least in bounds
        if not least <= minutes <= MINUTES_MOST
    }
    if problems:
        raise RefusedError(problems)


def may_speak(
    rules: Mapping[Severity, AutomaticRule],
    suspicion: Suspicion,
    severity: Severity,
    open_kinds: Collection[Kind],
    now: datetime,
) -> AutomaticRule | None:
    """The rule by which a first word goes out by itself now; None where none does.

    Only what our own checks see, on a component, that nobody has taken on; and never while a
    security incident is open: what fails then may have been closed on purpose.
    """
    rule = rules.get(severity)
    is_seen = any(sign.kind is SignKind.CHECK and sign.slug and sign.is_open for sign in suspicion.signs)
    if rule is None or not is_seen or not suspicion.is_open or suspicion.acknowledged_at:
        return None
    is_time = now >= suspicion.opened_at + timedelta(minutes=rule.wait_minutes)
    return rule if is_time and Kind.SECURITY not in open_kinds else None


def automatic_words(components: Sequence[str], since: str, rule: AutomaticRule) -> tuple[str, str]:
    """What happened and what is done about it, labelled for what it is."""
    named = components[0] if len(components) == 1 else ", ".join(components[:-1]) + f" and {components[-1]}"
    return (
        f"Automatic first word: our checks cannot reach {named} since {since}.",
        f"People on duty have been called. A person confirms this within {rule.confirm_minutes} minutes.",
    )
