"""The page indicator, as inferred from recordings (statuspage.md)."""

import pytest

from app.domain.components import ComponentStatus as Status
from app.domain.indicator import page_indicator
from app.domain.severity import Impact

OK, WORK, SLOW, PART, DOWN = Status


@pytest.mark.parametrize(
    ("statuses", "indicator", "description"),
    [
        ([], Impact.NONE, "All Systems Operational"),
        ([OK, OK], Impact.NONE, "All Systems Operational"),
        ([DOWN, DOWN], Impact.CRITICAL, "Major System Outage"),
        ([DOWN] * 6 + [OK] * 3, Impact.MAJOR, "Partial System Outage"),
        ([PART, PART], Impact.MAJOR, "Partial System Outage"),
        ([PART, OK], Impact.MINOR, "Minor Service Outage"),
        ([SLOW, SLOW], Impact.MINOR, "Degraded System Service"),
        ([SLOW, OK], Impact.MINOR, "Partially Degraded Service"),
        ([WORK, OK], Impact.MAINTENANCE, "Service Under Maintenance"),
        ([WORK, SLOW], Impact.MINOR, "Partially Degraded Service"),
    ],
)
def test_it_follows_the_components(statuses: list[Status], indicator: Impact, description: str) -> None:
    assert page_indicator(statuses, []) == (indicator, description)


def test_the_worst_open_incident_raises_it() -> None:
    assert page_indicator([OK], [Impact.MINOR, Impact.CRITICAL]) == (Impact.CRITICAL, "Major System Outage")


def test_a_small_incident_does_not_lower_it() -> None:
    assert page_indicator([DOWN], [Impact.MINOR]) == (Impact.CRITICAL, "Major System Outage")
