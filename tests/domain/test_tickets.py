"""Tickets: where trouble is, when to look at it together, and what no ticket may say."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.promises import Day
from app.domain.reports import Source
from app.domain.tickets import (
    NAME_MOST,
    QUESTIONS,
    WORDS_MOST,
    EntryKind,
    Place,
    TicketDraft,
    TicketState,
    TrialResult,
    check_ticket,
    next_question,
    place_of,
    share_times,
    usual_wait,
)

DAY = Day("America/Chicago", time(8), time(12), time(16, 30))
NAMES = [question.name for question in QUESTIONS]


def test_r14_each_place_is_found_by_the_first_answer_that_ends_the_search():
    found, answers = [], {}
    for question in QUESTIONS:
        assert next_question(answers) == question
        found.append(place_of(answers | {question.name: question.ends_with}))
        answers[question.name] = not question.ends_with
    assert [*found, place_of(answers)] == list(Place)


@given(st.dictionaries(st.sampled_from(NAMES), st.booleans()))
def test_r14_it_asks_until_the_place_is_known_and_never_twice(answers: dict[str, bool]) -> None:
    question = next_question(answers)
    assert (question is None) == (place_of(answers) is not None)
    assert question is None or question.name not in answers


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_r13_the_times_that_are_offered_lie_ahead_in_order_and_by_day(now: datetime) -> None:
    times = share_times(now, DAY)
    assert now < times[0] < times[1] < times[2] <= now + timedelta(days=2)
    for moment in times:
        local = moment.astimezone(DAY.zone)
        assert local.minute in (0, 30)
        assert time(8) <= local.time() <= time(16, 30)


@pytest.mark.parametrize(("field", "most"), [("words", WORDS_MOST), ("name", NAME_MOST)])
def test_it_takes_no_novel(field, most):
    check_ticket(TicketDraft("forms", Source.MEMBER, **{field: "x" * most}))
    with pytest.raises(RefusedError) as refused:
        check_ticket(TicketDraft("forms", Source.MEMBER, **{field: "x" * (most + 1)}))
    assert list(refused.value.problems) == [field]


def test_the_usual_wait_is_the_median():
    assert usual_wait([]) is None
    assert usual_wait([timedelta(minutes=each) for each in (1, 2, 90)]) == timedelta(minutes=2)


def test_every_state_and_act_has_words():
    for kinds in (TicketState, EntryKind, TrialResult, Place):
        assert all(each.in_words for each in kinds)
    assert [state for state in TicketState if not state.is_open] == [TicketState.SOLVED]
