"""Planned work moves through its four states by the clock, each step once and at its own moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.maintenance import (
    Maintenance,
    MaintenanceStatus,
    check_step,
    check_window,
    due_transitions,
    next_transition,
)

BEGINS = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=3)


def work(**fields: object) -> Maintenance:
    given: dict[str, object] = {
        "id": "m",
        "number": 1,
        "title": "Upgrade",
        "status": MaintenanceStatus.SCHEDULED,
        "scheduled_for": BEGINS,
        "scheduled_until": ENDS,
        "created_at": BEGINS - timedelta(days=7),
        "updated_at": BEGINS - timedelta(days=7),
        "version": 1,
    }
    return Maintenance(**(given | fields))  # type: ignore[arg-type]


def test_it_starts_verifies_and_ends_at_the_planned_moments() -> None:
    checked = work(verify_for=timedelta(minutes=20))
    assert due_transitions(checked, ENDS + timedelta(days=1)) == [
        (BEGINS, MaintenanceStatus.IN_PROGRESS),
        (ENDS - timedelta(minutes=20), MaintenanceStatus.VERIFYING),
        (ENDS, MaintenanceStatus.COMPLETED),
    ]


def test_nothing_is_due_a_second_before() -> None:
    assert due_transitions(work(), BEGINS - timedelta(seconds=1)) == []
    assert due_transitions(work(), BEGINS) == [(BEGINS, MaintenanceStatus.IN_PROGRESS)]


def test_a_person_starts_and_ends_what_the_clock_may_not() -> None:
    assert next_transition(work(auto_start=False)) is None
    running = work(status=MaintenanceStatus.IN_PROGRESS, started_at=BEGINS, auto_complete=False)
    assert next_transition(running) is None


def test_finished_work_never_moves_again() -> None:
    assert next_transition(work(status=MaintenanceStatus.COMPLETED)) is None


@given(st.timedeltas(timedelta(0), timedelta(hours=2)), st.lists(st.integers(-60, 400), max_size=8))
def test_however_often_the_clock_looks_each_step_comes_once_and_in_order(
    verify_for: timedelta, looks: list[int]
) -> None:
    planned, taken = work(verify_for=verify_for), []
    for minutes in sorted(looks):
        steps = due_transitions(planned, BEGINS + timedelta(minutes=minutes))
        taken += steps
        if steps:
            planned = replace(planned, status=steps[-1][1], started_at=planned.started_at or steps[0][0])
    assert [status for _, status in taken] == sorted({status for _, status in taken}, key=list(MaintenanceStatus).index)
    assert [moment for moment, _ in taken] == sorted(moment for moment, _ in taken)


def test_a_window_must_end_after_it_starts() -> None:
    with pytest.raises(RefusedError, match="end after it starts"):
        check_window(BEGINS, BEGINS)


def test_work_cannot_become_scheduled_again() -> None:
    with pytest.raises(RefusedError, match="already in progress"):
        check_step(MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.SCHEDULED)
    check_step(MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.IN_PROGRESS)
