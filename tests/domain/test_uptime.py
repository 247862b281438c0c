"""Uptime as Statuspage reckons it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.components import ComponentStatus
from app.domain.incidents import AffectedComponent, Incident, IncidentStatus
from app.domain.severity import Impact, Kind
from app.domain.uptime import uptime_of

START = datetime(2026, 4, 5, tzinfo=UTC)
END = START + timedelta(hours=10)
MAJOR, PARTIAL = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.PARTIAL_OUTAGE


def incident(begins: float, ends: float, status: ComponentStatus, slug: str = "forms") -> Incident:
    """An incident from one hour after the start to another."""
    began, ended = START + timedelta(hours=begins), START + timedelta(hours=ends)
    return Incident(
        id=f"{begins}-{ends}",
        number=1,
        title="Down",
        kind=Kind.OUTAGE,
        impact=Impact.MAJOR,
        status=IncidentStatus.RESOLVED,
        started_at=began,
        created_at=began,
        updated_at=ended,
        resolved_at=ended,
        version=1,
        components=(AffectedComponent(slug, "Forms", status),),
    )


def reckoned(*incidents: Incident):
    return uptime_of("forms", incidents, starts_at=START, ends_at=END, now=END)


def test_it_counts_what_lies_within_the_stretch_alone():
    found = reckoned(incident(-3, 1, MAJOR), incident(9, 14, PARTIAL))
    assert (found.major, found.partial) == (timedelta(hours=1), timedelta(hours=1))
    assert round(found.percentage, 6) == 87.0
    assert found.incident_ids == ("-3-1", "9-14")


def test_it_counts_a_minute_once_at_its_worse():
    found = reckoned(incident(1, 4, PARTIAL), incident(2, 3, MAJOR), incident(2, 3, MAJOR))
    assert (found.major, found.partial) == (timedelta(hours=1), timedelta(hours=2))


def test_slowness_planned_work_and_other_components_do_not_count():
    quiet = [ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.UNDER_MAINTENANCE, ComponentStatus.OPERATIONAL]
    found = reckoned(*[incident(1, 5, status) for status in quiet], incident(1, 5, MAJOR, slug="other"))
    assert (found.percentage, found.incident_ids) == (100.0, ())


def test_a_stretch_without_length_is_whole():
    assert replace(reckoned(), ends_at=START).percentage == 100.0


HOURS = st.floats(-5, 15)


@given(st.lists(st.tuples(HOURS, HOURS, st.sampled_from([MAJOR, PARTIAL])), max_size=8))
def test_it_is_never_below_nothing_nor_above_whole(spans):
    incidents = [incident(min(one, other), max(one, other), status) for one, other, status in spans]
    found = reckoned(*incidents)
    assert -1e-9 <= found.percentage <= 100.0
    assert found.major + found.partial <= END - START
    assert reckoned(*reversed(incidents)).percentage == found.percentage
