"""Who is called when, and what stops it: the escalation matrix (R15).

A step says: for trouble of this severity, so many minutes after it began, call these by these ways,
always or only while nobody has said "on it". The clock takes each step once for each call-out,
whenever it comes to look: a tick that was missed is caught up with, and a clock that goes back
repeats nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError
from app.domain.severity import Severity

MINUTES_MOST = 24 * 60


class By(StrEnum):
    """A way to reach somebody on duty."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"

    @property
    def in_words(self) -> str:
        """The way in words: "call"."""
        return {"phone": "call", "sms": "text", "email": "mail"}[self]


class Outside(StrEnum):
    """Whom a step may name beside the roles of the roster."""

    ASSOCIATIONS = "association_executives"
    VENDOR = "vendor_escalation"
    HELP_DESK = "help_desk"

    @property
    def in_words(self) -> str:
        """Who is meant."""
        return {
            "association_executives": "Association executives",
            "vendor_escalation": "The vendor's escalation line",
            "help_desk": "Help desk",
        }[self]


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """One row of the matrix. `notify` are keys of roles and `Outside` ones."""

    id: str
    severity: Severity
    after_minutes: int
    only_unanswered: bool
    notify: tuple[str, ...]
    by: tuple[By, ...]

    @property
    def after(self) -> timedelta:
        """How long after the trouble began."""
        return timedelta(minutes=self.after_minutes)


@dataclass(frozen=True, slots=True)
class CallOut:
    """Trouble that people are called about: a suspicion, an incident, or first one and then the other."""

    id: str
    severity: Severity
    began_at: datetime
    suspicion_id: str | None = None
    incident_id: str | None = None
    answered_at: datetime | None = None
    answered_by: str = ""
    ended_at: datetime | None = None


def due_steps(
    matrix: Iterable[EscalationStep], call_out: CallOut, taken: Collection[str], now: datetime
) -> list[EscalationStep]:
    """The steps whose time has come and that nobody has taken, the earliest first.

    Once somebody is on it, steps that only call for want of an answer are not taken any more, even
    those that were missed; once the trouble is over, none is.
    """
    if call_out.ended_at is not None:
        return []
    due = [step for step in matrix if step.id not in taken and _has_come(step, call_out, now)]
    return sorted(due, key=lambda step: step.after_minutes)


def _has_come(step: EscalationStep, call_out: CallOut, now: datetime) -> bool:
    if step.severity is not call_out.severity or now < call_out.began_at + step.after:
        return False
    return not (step.only_unanswered and call_out.answered_at is not None)


def next_step(
    matrix: Iterable[EscalationStep], call_out: CallOut, taken: Collection[str]
) -> tuple[EscalationStep, datetime] | None:
    """The step that comes next as things stand, and when."""
    waiting = [
        step
        for step in matrix
        if step.severity is call_out.severity
        and step.id not in taken
        and not (step.only_unanswered and call_out.answered_at)
    ]
    step = min(waiting, key=lambda each: each.after_minutes, default=None)
    return (step, call_out.began_at + step.after) if step and call_out.ended_at is None else None


def check_step(step: EscalationStep, roles: Collection[str]) -> None:
    """Refuse a step that calls nobody or in no way.

    Raises:
        RefusedError: one sentence for each field.
    """
    problems = {}
    if not 0 <= step.after_minutes <= MINUTES_MOST:
        problems["after_minutes"] = f"Give a whole number of minutes, at most {MINUTES_MOST:,}."
    if not step.notify or set(step.notify) - set(roles) - set(Outside):
        problems["notify"] = "Choose who is called."
    if not step.by:
        problems["by"] = "Choose how they are called."
    if problems:
        raise RefusedError(problems)


def _step(severity: Severity, after: int, notify: str, by: str, *, always: bool = True) -> EscalationStep:
    return EscalationStep("", severity, after, not always, tuple(notify.split()), tuple(map(By, by.split())))


USUAL_STEPS: Sequence[EscalationStep] = (
    _step(Severity.CRITICAL, 0, "incident_commander comms_lead operations_manager", "phone sms"),
    _step(Severity.CRITICAL, 10, "comms_backup incident_commander", "phone sms", always=False),
    _step(Severity.CRITICAL, 20, "executive", "phone", always=False),
    _step(Severity.CRITICAL, 60, "executive association_executives vendor_escalation", "phone email"),
    _step(Severity.HIGH, 0, "incident_commander comms_lead", "sms email"),
    _step(Severity.HIGH, 20, "comms_backup", "phone sms", always=False),
    _step(Severity.HIGH, 120, "executive vendor_escalation", "email"),
    _step(Severity.MEDIUM, 0, "comms_lead subject_expert", "email"),
    _step(Severity.MEDIUM, 240, "incident_commander", "sms", always=False),
    _step(Severity.LOW, 0, "help_desk", "email"),
)
"""What a new organisation begins with."""


class KeyAnswer(StrEnum):
    """What somebody who was called says."""

    TAKE = "take"
    HAND_ON = "hand_on"


_TAKES = frozenset({"1", "ack", "acknowledge", "on it", "onit", "i'm on it", "im on it", "mine", "take"})
_PASSES = frozenset({"2", "pass", "pass on", "pass it on", "not me", "cannot", "can't", "no"})


def answer_of(text: str) -> KeyAnswer | None:
    """What a text or a key means to whoever was called; None where it is something else.

    None of the words is one that ends or begins a subscription (`app.domain.stop_words`).
    """
    said = " ".join(text.casefold().replace("’", "'").strip(" .!").split())
    if said in _TAKES:
        return KeyAnswer.TAKE
    return KeyAnswer.HAND_ON if said in _PASSES else None
