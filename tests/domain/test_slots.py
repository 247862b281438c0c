"""Slot substitution: the whole template language that messages have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.slots import fill, slots_of

ANY_TEXT = st.text(alphabet=st.characters(exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), min_size=1)


def test_it_fills_slots_by_name():
    assert fill("{who}: down since {time}.", {"who": "HPMLS", "time": "9:42 PM"}) == "HPMLS: down since 9:42 PM."


def test_it_leaves_out_a_line_that_has_nothing_to_say():
    template = "{who}: down.\nNext word {next}.\nTxt STOP to end"
    assert fill(template, {"who": "HPMLS", "next": ""}) == "HPMLS: down.\nTxt STOP to end"


def test_it_knows_its_slots():
    assert slots_of("{who}: down since {time}. {Who} {} {{x") == {"who", "time"}


def test_it_refuses_a_slot_that_nobody_fills():
    with pytest.raises(KeyError):
        fill("{who}: {secret}", {"who": "HPMLS"})


@given(ANY_TEXT)
def test_it_never_looks_again_at_what_filled_a_slot(text):
    assert fill("<{who}>", {"who": text}) == f"<{text}>"


@given(ANY_TEXT)
def test_it_runs_nothing_that_a_template_could_smuggle_in(text):
    """{{ 7*7 }}, {x.__class__}, {0}, %s and $x are the characters they are."""
    for trick in ("{{ 7*7 }}", "{% raw %}", "{who.__class__}", "{0}", "{who!r}", "%(who)s", "${who:x}"):
        assert fill(trick, {"who": text}) == trick
