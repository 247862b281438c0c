"""A reply says the problem, the question and the answer, and labels nobody (R44)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.reply_words import PART_MOST, Reply, checked_reply, labels_in, reply_hints

GOOD = Reply(
    problem=" You sign in and the contract form stays blank ",
    answer="We see it too. The supplier is on it; use the printed forms until 4:30 PM.",
    question="Does it happen with a new form as well?",
)


def test_r44_a_reply_says_the_problem_then_the_answer_and_last_the_question() -> None:
    assert checked_reply(GOOD).as_text().split("\n\n") == [
        "This is what we understood: You sign in and the contract form stays blank.",
        "We see it too. The supplier is on it; use the printed forms until 4:30 PM.",
        "Does it happen with a new form as well?",
    ]
    assert not checked_reply(Reply("Blank form.", "Fixed.")).as_text().endswith("\n")


def test_r44_without_the_problem_or_the_answer_there_is_no_reply() -> None:
    with pytest.raises(RefusedError) as refused:
        checked_reply(Reply(" ", "\n", "Which form?"))
    assert set(refused.value.problems) == {"problem", "answer"}


@pytest.mark.parametrize("label", ["angry", "Frustrated", "rude", "difficult caller", "please calm down"])
def test_r44_nobody_is_labelled_in_a_reply_or_in_a_note(label: str) -> None:
    assert "about the person" in labels_in({"note": f"Called twice, {label}."})["note"]
    with pytest.raises(RefusedError):
        checked_reply(Reply("Blank form.", f"I can tell that you are {label}."))


def test_words_about_the_problem_are_no_labels() -> None:
    assert labels_in({"a": "A difficult form.", "b": "The complaint form is blank.", "c": "Calm waters listing."}) == {}


@pytest.mark.parametrize("answer", ["We can’t reproduce it.", "We CANNOT   reproduce this", "It works fine for me"])
def test_r13_a_reply_never_doubts_the_member(answer: str) -> None:
    with pytest.raises(RefusedError) as refused:
        checked_reply(Reply("Blank form.", answer))
    assert "Offer to look at it with them" in refused.value.problems["answer"]


def test_r45_a_reply_names_no_colleague_beside_a_fault() -> None:
    with pytest.raises(RefusedError) as refused:
        checked_reply(Reply("Blank form.", "Dana forgot to renew the licence."), ["Dana Whitfield"])
    assert list(refused.value.problems) == ["answer"]


def test_two_questions_at_once_are_advised_against() -> None:
    assert any(hint.words == "?" for hint in reply_hints(Reply("Blank.", "Known.", "Which form? Which browser?")))
    assert not any(hint.words == "?" for hint in reply_hints(GOOD))


def test_a_part_has_an_end() -> None:
    with pytest.raises(RefusedError, match="2,000"):
        checked_reply(Reply("x" * (PART_MOST + 1), "Known."))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_it_never_stumbles_over_a_text(problem: str, answer: str, question: str) -> None:
    reply_hints(Reply(problem, answer, question))
    labels_in({"problem": problem})
