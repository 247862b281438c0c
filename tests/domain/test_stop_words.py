"""Every spelling of stop ends texts; what only sounds like it is read by a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.stop_words import STOP_WORDS, Meaning, is_bare_word, meaning_of


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", " Stop. ", "S T O P", "s.t.o.p!", "STOPALL", "stop all", "QUIT", "end", "Revoke", "OPTOUT",
        "OPT OUT", "opt-out", "Opt  Out!!", "cancel", "UNSUBSCRIBE", "stop please", "Please stop", "stop, thank you",
        "“STOP”", "ＳＴＯＰ", "alto", "por favor baja",
    ],
)  # fmt: skip
def test_it_ends_texts_in_every_spelling(text: str):
    assert meaning_of(text) is Meaning.STOP


@given(st.sampled_from(sorted(STOP_WORDS)), st.text(" .!?,-'\"\n", max_size=4), st.text(" .!", max_size=4), st.data())
def test_it_ends_texts_in_any_case_with_any_signs(word: str, before: str, after: str, data: st.DataObject):
    cased = "".join(data.draw(st.sampled_from((sign.upper(), sign.lower()))) for sign in word)
    assert meaning_of(before + cased + after) is Meaning.STOP


@pytest.mark.parametrize(
    "text",
    [
        "when will this stop happening", "please stop texting me at night", "Can you stop the maintenance ones?",
        "remove me", "wrong number", "do not text me", "don't text this number", "I want to unsubscribe from this",
        "no more messages", "leave me alone", "opt me out or opted out already?", "no quiero, baja ya",
    ],
)  # fmt: skip
def test_it_leaves_what_sounds_like_stop_to_a_person(text: str):
    assert meaning_of(text) is Meaning.UNCLEAR


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("START", Meaning.START),
        ("start please", Meaning.START),
        ("Unstop", Meaning.START),
        ("HELP", Meaning.HELP),
        ("help!", Meaning.HELP),
        ("ayuda", Meaning.HELP),
        ("thanks", Meaning.OTHER),
        ("ok thank you", Meaning.OTHER),
        ("is the dashboard back up?", Meaning.OTHER),
        ("", Meaning.OTHER),
        ("👍", Meaning.OTHER),
        ("non-stopping", Meaning.UNCLEAR),
    ],
)
def test_it_tells_the_other_replies_apart(text: str, meaning: Meaning):
    assert meaning_of(text) is meaning


@given(st.text(max_size=1600))
def test_it_has_a_meaning_for_everything(text: str):
    assert meaning_of(text) in Meaning


def test_it_knows_what_the_provider_answers_itself():
    assert is_bare_word(" stop\n")
    assert not is_bare_word("stop please")
    assert not is_bare_word("opt out")
