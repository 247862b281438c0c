"""The escalation matrix: which steps are due, and that none comes twice or is lost (R15)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.escalation import (
    USUAL_STEPS,
    By,
    CallOut,
    EscalationStep,
    KeyAnswer,
    Outside,
    answer_of,
    check_step,
    due_steps,
    next_step,
)
from app.domain.severity import Severity
from app.domain.stop_words import Meaning, meaning_of

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
MATRIX = [replace(step, id=str(number)) for number, step in enumerate(USUAL_STEPS)]
CRITICAL = CallOut("c", Severity.CRITICAL, NOW)


def due(minutes: float, call_out: CallOut = CRITICAL, taken: frozenset[str] = frozenset()) -> list[int]:
    return [step.after_minutes for step in due_steps(MATRIX, call_out, taken, NOW + timedelta(minutes=minutes))]


def test_steps_come_to_the_minute_and_only_those_of_the_severity() -> None:
    assert [due(minutes) for minutes in (0, 9.99, 10, 20, 60)] == [[0], [0], [0, 10], [0, 10, 20], [0, 10, 20, 60]]
    assert due(19, replace(CRITICAL, severity=Severity.HIGH)) == [0]


def test_an_answer_stops_only_what_waits_for_one() -> None:
    answered = replace(CRITICAL, answered_at=NOW + timedelta(minutes=4))
    assert due(60, answered, frozenset({"0"})) == [60]
    assert due(5) == [0]


def test_nothing_is_due_once_it_is_over() -> None:
    assert due(500, replace(CRITICAL, ended_at=NOW)) == []


@given(st.lists(st.integers(-30, 200), min_size=1, max_size=40))
def test_whenever_the_clock_looks_each_step_is_taken_once_and_none_is_lost(looks: list[int]) -> None:
    """Ticks are missed and the clock steps back; what has come by the latest look was taken exactly once."""
    taken: list[str] = []
    for minutes in looks:
        taken += [step.id for step in due_steps(MATRIX, CRITICAL, taken, NOW + timedelta(minutes=minutes))]
    assert len(taken) == len(set(taken))
    wanted = {step.id for step in MATRIX if step.severity is Severity.CRITICAL and step.after_minutes <= max(looks)}
    assert set(taken) == wanted


def test_the_next_step_and_its_time_are_known() -> None:
    step, at = next_step(MATRIX, CRITICAL, {"0"}) or (None, None)
    assert step
    assert (step.after_minutes, at) == (10, NOW + timedelta(minutes=10))
    step, at = next_step(MATRIX, replace(CRITICAL, answered_at=NOW), {"0"}) or (None, None)
    assert at == NOW + timedelta(minutes=60)
    assert next_step(MATRIX, replace(CRITICAL, ended_at=NOW), ()) is None


def test_a_step_that_calls_nobody_or_in_no_way_is_refused() -> None:
    empty = EscalationStep("", Severity.LOW, -1, False, ("nobody",), ())
    with pytest.raises(RefusedError) as refused:
        check_step(empty, ["comms_lead"])
    assert refused.value.problems.keys() == {"after_minutes", "notify", "by"}
    check_step(replace(empty, after_minutes=0, notify=("comms_lead", Outside.VENDOR), by=(By.SMS,)), ["comms_lead"])


@pytest.mark.parametrize("text", ["1", " ack ", "ACK.", "On it!", "I’m on it", "i'm on it"])
def test_these_take_it(text: str) -> None:
    assert answer_of(text) is KeyAnswer.TAKE


@pytest.mark.parametrize("text", ["2", "Pass it on", "not me"])
def test_these_pass_it_on(text: str) -> None:
    assert answer_of(text) is KeyAnswer.HAND_ON


@pytest.mark.parametrize("text", ["STOP", "Yes", "12", "1234 DOWN", "HELP", "START", "stop 1", "", "alto"])
def test_no_other_text_is_taken_for_an_answer(text: str) -> None:
    assert answer_of(text) is None


def test_no_answer_is_a_word_that_ends_or_begins_a_subscription() -> None:
    from app.domain import escalation

    words = escalation._TAKES | escalation._PASSES
    assert {meaning_of(word) for word in words} == {Meaning.OTHER}
