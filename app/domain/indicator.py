"""The page's one-word indicator and its description (statuspage.md, "Indicator")."""

from collections.abc import Collection

from app.domain.components import ComponentStatus
from app.domain.severity import Impact, worst_impact

ALL_SYSTEMS_OPERATIONAL = "All Systems Operational"

_DESCRIPTIONS = {
    Impact.CRITICAL: "Major System Outage",
    Impact.MAJOR: "Partial System Outage",
    Impact.MINOR: "Minor Service Outage",
    Impact.MAINTENANCE: "Service Under Maintenance",
    Impact.NONE: ALL_SYSTEMS_OPERATIONAL,
}


def page_indicator(statuses: Collection[ComponentStatus], open_impacts: Collection[Impact]) -> tuple[Impact, str]:
    """Indicator and description, from component states, raised to the worst open incident."""
    from_components = _from_components(statuses)
    raised = worst_impact((from_components[0], *open_impacts))
    return from_components if raised is from_components[0] else (raised, _DESCRIPTIONS[raised])


def _from_components(statuses: Collection[ComponentStatus]) -> tuple[Impact, str]:
    present = set(statuses)
    if ComponentStatus.MAJOR_OUTAGE in present:
        impact = Impact.CRITICAL if present == {ComponentStatus.MAJOR_OUTAGE} else Impact.MAJOR
        return impact, _DESCRIPTIONS[impact]
    if ComponentStatus.PARTIAL_OUTAGE in present:
        impact = Impact.MAJOR if present == {ComponentStatus.PARTIAL_OUTAGE} else Impact.MINOR
        return impact, _DESCRIPTIONS[impact]
    if ComponentStatus.DEGRADED_PERFORMANCE in present:
        whole = present == {ComponentStatus.DEGRADED_PERFORMANCE}
        return Impact.MINOR, "Degraded System Service" if whole else "Partially Degraded Service"
    impact = Impact.MAINTENANCE if ComponentStatus.UNDER_MAINTENANCE in present else Impact.NONE
    return impact, _DESCRIPTIONS[impact]
