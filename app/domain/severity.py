"""Severity, urgency, kind and impact (R5, R6; vocabulary.md)."""

from collections.abc import Iterable
from enum import StrEnum

from app.domain.components import Component, ComponentStatus, Weight
from app.domain.reach import Reach, WayIn, reach_of


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


def suggested_severity(components: Iterable[Component]) -> Severity:
    """A first guess from the weight of what fails and how much of it members have lost (R5).

    `components` stand as if nothing else were wrong. Half of the whole weight lost is widespread; a fifth of it, or
    any component of the usual weight wholly down, is significant; the rest is limited. `low` needs a workaround and
    is never guessed.
    """
    listed = tuple(components)
    ways = reach_of(listed)
    lost = sum(item.weight * _lost(item, ways[item.slug]) for item in listed)
    whole = sum(item.weight for item in listed)
    if whole and lost * 2 >= whole:
        return Severity.CRITICAL
    is_down = any(item.status is ComponentStatus.MAJOR_OUTAGE and item.weight > Weight.LIGHT for item in listed)
    return Severity.HIGH if is_down or (whole and lost * 5 >= whole) else Severity.MEDIUM


def _lost(component: Component, way: WayIn) -> float:
    """The share of a component that members have lost; what has another door counts, for they do not know it."""
    return 1.0 if way.reach is not Reach.WORKING else _SHARE.get(component.status, 0.0)


_SHARE = {ComponentStatus.PARTIAL_OUTAGE: 0.5, ComponentStatus.DEGRADED_PERFORMANCE: 0.25}
