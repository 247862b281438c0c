"""The escalation matrix of the demo file, as rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands.escalation import enter_steps
from app.domain.escalation import By, EscalationStep
from app.domain.severity import Severity


def save_demo_matrix(session: Session, raw: Mapping[str, Any], *, now: datetime) -> None:
    """Every step of every severity. `raw` is the whole file."""
    for severity, steps in raw["escalation_matrix"].items():
        enter_steps(session, [_step(Severity(severity), step) for step in steps], now=now)


def _step(severity: Severity, raw: Mapping[str, Any]) -> EscalationStep:
    return EscalationStep(
        id="",
        severity=severity,
        after_minutes=raw["after_minutes"],
        only_unanswered=raw.get("if") == "not_acknowledged",
        notify=tuple(raw["notify"]),
        by=tuple(map(By, raw["by"])),
    )
