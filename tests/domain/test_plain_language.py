"""What may not leave, and what could be said better (R13, R42-R45)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.plain_language import hints, refusals, sentences
from app.importers.demo_file import read_demo

PEOPLE = ("Tess Marchetti", "Will Graves")


def refused(text: str) -> str:
    """The sentence that refuses this text, or nothing."""
    return refusals({"what_happened": text}, PEOPLE).get("what_happened", "")


@pytest.mark.parametrize(
    "text",
    [
        "We can't reproduce it.",
        "We can’t reproduce it.",
        "We CAN‘T   REPRODUCE this.",
        "I cannot\nreproduce the issue.",
        "We were unable to reproduce it.",
        "We couldn't reproduce your problem.",
        "It is not reproducible.",
        "It works on our end.",
        "We are experiencing trouble.",
        "We're currently experiencing trouble.",
        "Some users may be logged out.",
        "Oops, sign-in is down.",
        "This was a user error.",
    ],
)
def test_r13_it_refuses_phrases_that_doubt_members_or_say_nothing(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tess forgot to renew the certificate.",
        "The wrong file was deleted by Marchetti.",
        "An error of tess marchetti.",
        "The mistake was made when Will changed the address.",
    ],
)
def test_r45_it_refuses_a_person_beside_a_fault(text: str) -> None:
    assert "Speak of the team" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tess is phoning every office. The sign-in failed at nine.",
        "The sign-in failed, and we will write again.",
        "Will it come back? Yes: only one part failed.",
        "Testing showed that the supplier's link failed.",
    ],
)
def test_it_lets_through_a_name_without_a_fault_and_a_word_that_is_only_like_a_name(text: str) -> None:
    assert refused(text) == ""


def test_it_refuses_nothing_that_the_demo_organisation_ever_said() -> None:
    demo = read_demo()
    people = [person["name"] for person in demo["people"]]
    said = [update["text"] for incident in demo["incidents"] for update in incident.get("updates", [])]
    assert len(said) > 50
    assert [text for text in said if refusals({"body": text}, people)] == []


def test_it_hints_at_sentences_jargon_and_letters() -> None:
    text = "The SSO is degraded. Call the ZQX desk. The Help Line (HLX) is open; HLX is free."
    assert [hint.words for hint in hints(text)] == ["sso", "degraded", "ZQX"]


def test_it_hints_at_a_sentence_over_twenty_words_and_at_none_of_twenty() -> None:
    assert hints(" ".join(["word"] * 20) + ".") == []
    (hint,) = hints(" ".join(["word"] * 21) + ".")
    assert hint.advice.startswith("21 words")


def test_it_counts_an_address_and_a_time_as_no_end_of_a_sentence() -> None:
    assert len(sentences("See status.mls.example at 9.30 now. Then call.")) == 2


@given(st.text())
def test_it_never_stumbles_over_a_text(text: str) -> None:
    hints(text)
    refusals({"body": text}, PEOPLE)
