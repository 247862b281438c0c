"""The words that fill the composer: plain, complete, and never refused."""

import pytest

from app.domain.event_words import CORRECTION, EVENT_WORDS, EventWords, filled
from app.domain.message_templates import MessageEvent
from app.domain.plain_language import hints, refusals

EVERY = [*EVENT_WORDS.values(), CORRECTION]


@pytest.mark.parametrize("words", EVERY, ids=lambda words: words.label)
def test_they_are_plain_and_would_be_published(words: EventWords) -> None:
    found = filled(words, ["Member dashboard"], "9:42 PM")
    texts = {"what_happened": found.what_happened, "done": found.done, "next": found.next_step}
    assert refusals(texts, ["Will Graves", "May Day"]) == {}
    assert [hint for text in texts.values() for hint in hints(text)] == []


@pytest.mark.parametrize("words", EVERY, ids=lambda words: words.label)
def test_what_is_open_says_what_was_done_and_what_comes_next(words: EventWords) -> None:
    found = filled(words, ["Member dashboard"], "9:42 PM")
    assert found.what_happened
    assert bool(found.done and found.next_step) is words.statuses[0].is_open


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Member dashboard"], "Member dashboard has been failing since 9:42 PM."),
        (["Contract forms"], "Contract forms have been failing since 9:42 PM."),
        (["Email", "Tax", "Forms"], "Email, Tax and Forms have been failing since 9:42 PM."),
        ([], "The service has been failing since 9:42 PM."),
    ],
)
def test_they_name_what_fails(names: list[str], said: str) -> None:
    assert filled(EVENT_WORDS[MessageEvent.INVESTIGATING], names, "9:42 PM").what_happened.startswith(said)
