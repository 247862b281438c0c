"""How well an incident was answered, from what its record says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.domain.incidents import Headings, Incident, IncidentStatus, IncidentUpdate
from app.domain.response_measures import response_measures, summary_of
from app.domain.severity import Impact, Kind

BEGAN = datetime(2026, 4, 5, 2, 42, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def said(
    number: int, minutes: float, status: IncidentStatus, promised: float | None = None, way: str = ""
) -> IncidentUpdate:
    moment = at(minutes)
    promise = at(promised) if promised else None
    headings = Headings(how_to_reach=way)
    return IncidentUpdate(str(number), number, status, "Words.", moment, moment, moment, headings, "", promise)


OUTAGE = Incident(
    id="one",
    number=1,
    title="Dashboard down",
    kind=Kind.OUTAGE,
    impact=Impact.CRITICAL,
    status=IncidentStatus.RESOLVED,
    started_at=BEGAN,
    created_at=at(3),
    updated_at=at(200),
    version=4,
    resolved_at=at(200),
    updates=(
        said(1, 8, IncidentStatus.INVESTIGATING, promised=48),
        said(2, 48, IncidentStatus.IDENTIFIED, promised=100, way="Direct sign-ins."),
        said(3, 130, IncidentStatus.MONITORING, promised=210),
        said(4, 200, IncidentStatus.RESOLVED),
    ),
    relieved_at=at(120),
    fixed_at=at(190),
)


def test_r73_times_promises_and_reach_are_computed_from_the_record() -> None:
    found = response_measures(OUTAGE, detected_at=at(3), reached=7_412, now=at(999))
    assert (found.detect, found.first_word, found.workaround) == tuple(timedelta(minutes=each) for each in (3, 5, 48))
    assert (found.promises, found.promises_kept, found.reached) == (3, 2, 7_412)
    assert found.is_first_word_in_time


def test_r56_r73_members_relieved_and_the_fault_fixed_are_two_times() -> None:
    found = response_measures(OUTAGE, detected_at=None, reached=0, now=at(999))
    assert (found.relieved, found.fixed) == (timedelta(minutes=120), timedelta(minutes=190))
    bare = response_measures(replace(OUTAGE, relieved_at=None, fixed_at=None), detected_at=None, reached=0, now=at(999))
    assert (bare.relieved, bare.fixed) == (timedelta(minutes=200), None)


def test_a_promise_that_is_still_ahead_counts_for_nothing_yet() -> None:
    open_one = replace(OUTAGE, resolved_at=None, status=IncidentStatus.INVESTIGATING, updates=OUTAGE.updates[:1])
    early = response_measures(open_one, detected_at=None, reached=0, now=at(20))
    late = response_measures(open_one, detected_at=None, reached=0, now=at(60))
    assert (early.promises, late.promises, late.promises_kept) == (0, 1, 0)


def test_over_many_incidents_the_median_counts() -> None:
    slow = response_measures(replace(OUTAGE, id="two"), detected_at=BEGAN, reached=10, now=at(999))
    quick = response_measures(OUTAGE, detected_at=at(7), reached=5, now=at(999))
    summed = summary_of([slow, quick])
    assert (summed.incidents, summed.in_time, summed.reached) == (2, 2, 15)
    assert summed.first_word == timedelta(minutes=4, seconds=30)
    assert summary_of([]).detect is None
