"""Downtime over reopenings and clock changes, promises, and what an update may not do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.incidents import (
    BODY_LIMIT,
    Headings,
    Incident,
    IncidentStatus,
    IncidentUpdate,
    UpdateDraft,
    check_times,
    check_update,
    downtime,
    periods,
)
from app.domain.severity import Impact, Kind, Severity

START = datetime(2026, 2, 10, 16, 2, tzinfo=UTC)
WHOLE = Headings("It broke.", "We fix it.", "Showings.", "By phone.")


def incident(*said: tuple[int, IncidentStatus]) -> Incident:
    """An incident whose updates are (minutes after the start, status)."""
    updates = tuple(
        IncidentUpdate(
            id=str(number),
            number=number,
            status=status,
            body="words",
            created_at=START + timedelta(minutes=minutes),
            updated_at=START + timedelta(minutes=minutes),
            display_at=START + timedelta(minutes=minutes),
        )
        for number, (minutes, status) in enumerate(said)
    )
    return Incident(
        id="i",
        number=1,
        title="Showings fail",
        kind=Kind.OUTAGE,
        impact=Impact.MAJOR,
        status=updates[-1].status if updates else IncidentStatus.INVESTIGATING,
        started_at=START,
        created_at=START,
        updated_at=START,
        version=1,
        updates=updates,
    )


OPEN, GONE, LEARNED = IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM


def test_downtime_is_summed_over_reopenings() -> None:
    twice = incident((5, OPEN), (60, GONE), (120, OPEN), (150, GONE), (400, LEARNED))
    assert downtime(twice, START + timedelta(days=9)) == timedelta(minutes=60 + 30)
    assert twice.was_reopened


def test_an_open_incident_lasts_until_now() -> None:
    assert downtime(incident((5, OPEN)), START + timedelta(minutes=42)) == timedelta(minutes=42)


def test_an_hour_that_the_clock_repeats_is_counted() -> None:
    """HP-2025-1102: 12:30 AM CDT to 4:10 AM CST is 280 minutes, not the 220 the wall shows."""
    begins, ends = datetime(2025, 11, 2, 5, 30, tzinfo=UTC), datetime(2025, 11, 2, 10, 10, tzinfo=UTC)
    night = replace(incident(), started_at=begins, status=GONE, resolved_at=ends)
    assert downtime(night, ends) == timedelta(minutes=280)


def test_a_record_that_ends_before_it_starts_counts_nothing() -> None:
    backwards = replace(incident(), status=GONE, resolved_at=START - timedelta(hours=2))
    assert downtime(backwards, START) == timedelta(0)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(IncidentStatus)), max_size=12))
def test_stretches_never_run_backwards_and_downtime_never_exceeds_the_whole(
    said: list[tuple[int, IncidentStatus]],
) -> None:
    told = incident(*sorted(said, key=lambda one: one[0]))
    now = START + timedelta(minutes=10_000)
    assert all(ended is None or ended >= began for began, ended in periods(told))
    assert timedelta(0) <= downtime(told, now) <= now - START


def draft(**fields: object) -> UpdateDraft:
    given: dict[str, object] = {"status": OPEN, "headings": WHOLE, "next_update_at": START + timedelta(hours=1)}
    return UpdateDraft(**(given | fields))  # type: ignore[arg-type]


def problems(said: UpdateDraft, severity: Severity = Severity.HIGH) -> dict[str, str]:
    with pytest.raises(RefusedError) as refused:
        check_update(said, severity=severity, now=START)
    return refused.value.problems


def test_a_whole_update_passes() -> None:
    check_update(draft(), severity=Severity.CRITICAL, now=START)


def test_it_wants_words() -> None:
    assert "no text" in problems(draft(headings=Headings()), Severity.LOW)["body"]


def test_r41_it_wants_a_promise_until_the_end() -> None:
    assert problems(draft(next_update_at=None)).keys() == {"next_update_at"}
    check_update(draft(next_update_at=None, status=GONE), severity=Severity.HIGH, now=START)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=-1), timedelta(days=15)])
def test_it_refuses_a_promise_in_the_past_or_weeks_away(ahead: timedelta) -> None:
    assert problems(draft(next_update_at=START + ahead)).keys() == {"next_update_at"}


def test_r31_all_four_headings_are_needed_when_it_is_critical_or_high() -> None:
    assert problems(draft(headings=Headings("It broke."))).keys() == {
        "what_we_are_doing",
        "what_is_affected",
        "how_to_reach",
    }
    check_update(draft(headings=Headings("It broke.")), severity=Severity.MEDIUM, now=START)


def test_a_text_may_be_as_long_as_the_limit_and_no_longer() -> None:
    check_update(draft(body="x" * BODY_LIMIT), severity=Severity.HIGH, now=START)
    assert "25,001 characters" in problems(draft(body="x" * (BODY_LIMIT + 1)))["body"]


def test_times_must_run_forwards() -> None:
    with pytest.raises(RefusedError, match="before it started"):
        check_times(START, START - timedelta(seconds=1), START)
    with pytest.raises(RefusedError, match="in the future"):
        check_times(START + timedelta(seconds=1), None, START)
