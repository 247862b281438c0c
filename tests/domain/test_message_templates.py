"""What an organisation may write into its templates, and what is refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.message_templates import SLOTS, TEXTS, MessageEvent, check_texts


def segments(text: str) -> int:
    """How a telephone without special letters would count."""
    return -(-len(text) // 160)


def problems(texts: dict[str, str], channel: Channel = Channel.SMS, event: MessageEvent = MessageEvent.UPDATE) -> dict:
    try:
        check_texts(channel, event, texts, known={"who": "HPMLS"}, segments=segments)
    except RefusedError as error:
        return error.problems
    return {}


def test_it_takes_a_text_that_fits_with_the_longest_names():
    assert problems({"text": "{who}: {component} is down since {time}.\n{url}\nTxt STOP to end"}) == {}


def test_it_takes_a_mail():
    mail = {"subject": "{component} is down", "opening": "It is not just you.\nStill working: {works}."}
    assert problems(mail, Channel.EMAIL) == {}


def test_it_names_a_slot_that_nobody_fills():
    assert "{comonent}" in problems({"text": "{comonent} is down"})["text"]


@pytest.mark.parametrize("text", ["{Component} is down", "{component is down", "{{ 7*7 }}", "{% now %}"])
def test_it_refuses_braces_that_are_no_slot(text):
    assert "between two braces" in problems({"text": text})["text"]


def test_it_counts_with_the_longest_value_of_each_slot():
    fits = "x" * (160 - SLOTS["component"]) + "{component}"
    assert problems({"text": fits}) == {}
    assert "160 characters" in problems({"text": fits + "y"})["text"]


def test_it_counts_known_slots_by_their_value():
    fits = "{who}" + "x" * (160 - len("HPMLS"))
    assert problems({"text": fits}) == {}


@pytest.mark.parametrize("channel", TEXTS)
def test_it_refuses_an_empty_text(channel):
    empty = dict.fromkeys(TEXTS[channel], "  ")
    assert problems(empty, channel).keys() == empty.keys()


@pytest.mark.parametrize("text", ["New passwords: {url}", "New passwords: https://evil.example", "See {page}"])
def test_it_never_links_to_where_passwords_are_typed(text):
    assert "never carry a link" in problems({"text": text}, event=MessageEvent.SECURITY_RESET)["text"]


@pytest.mark.parametrize(
    ("channel", "texts"), [(Channel.SLACK, {"text": "x"}), (Channel.SMS, {"subject": "x"}), (Channel.EMAIL, {})]
)
def test_it_refuses_texts_that_no_template_has(channel, texts):
    assert problems(texts, channel)


@given(st.text(max_size=300))
def test_it_answers_for_any_text(text):
    found = problems({"text": text})
    assert set(found) <= {"text"}
