"""Severity, urgency, kind and impact (R5, R6; vocabulary.md)."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from app.domain.components import ComponentStatus
from app.domain.reach import Reach


class Severity(StrEnum):
    """How wide the damage is. Drives escalation and the report."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Urgency(StrEnum):
    """How often we speak. Drives the cadence of updates."""

    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"


class Kind(StrEnum):
    """What sort of event it is."""

    OUTAGE = "outage"
    DEGRADATION = "degradation"
    MAINTENANCE = "maintenance"
    SECURITY = "security"
    VENDOR_CLOSING = "vendor_closing"
    ISOLATED = "isolated"


class Impact(StrEnum):
    """Statuspage's word for how bad an incident is, from least to worst."""

    NONE = "none"
    MAINTENANCE = "maintenance"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


_IMPACT = {
    Severity.CRITICAL: Impact.CRITICAL,
    Severity.HIGH: Impact.MAJOR,
    Severity.MEDIUM: Impact.MINOR,
    Severity.LOW: Impact.MINOR,
}
_SEVERITY = {
    Impact.CRITICAL: Severity.CRITICAL,
    Impact.MAJOR: Severity.HIGH,
    Impact.MINOR: Severity.MEDIUM,
    Impact.MAINTENANCE: Severity.LOW,
    Impact.NONE: Severity.LOW,
}
_URGENCY = {
    Severity.CRITICAL: Urgency.URGENT,
    Severity.HIGH: Urgency.URGENT,
    Severity.MEDIUM: Urgency.HIGH,
    Severity.LOW: Urgency.MEDIUM,
}
_BADNESS = {impact: rank for rank, impact in enumerate(Impact)}


def impact_of(severity: Severity) -> Impact:
    """critical→critical, high→major, medium and low→minor."""
    return _IMPACT[severity]


def severity_of(impact: Impact) -> Severity:
    """The severity that an imported impact stands for."""
    return _SEVERITY[impact]


def default_urgency(severity: Severity) -> Urgency:
    """Critical and high start urgent, medium high, low medium; a person may change it with a reason."""
    return _URGENCY[severity]


def worst_impact(impacts: Iterable[Impact]) -> Impact:
    """The worst of them; `none` when there are none."""
    return max(impacts, key=_BADNESS.__getitem__, default=Impact.NONE)


def suggested_severity(states: Collection[ComponentStatus], reaches: Collection[Reach]) -> Severity:
    """A first guess from what is failing and how much of the MLS is out of reach (R5).

    Half of all components out of their usual reach is widespread; any component wholly down is
    significant; the rest is limited. `low` needs a workaround and is never guessed.
    """
    shut = sum(reach is not Reach.WORKING for reach in reaches)
    if reaches and shut * 2 >= len(reaches):
        return Severity.CRITICAL
    if ComponentStatus.MAJOR_OUTAGE in states:
        return Severity.HIGH
    return Severity.MEDIUM
