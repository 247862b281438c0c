"""Filling in the words of an event: whoever has typed nothing gets a whole update, and typed words stay."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.components import Component, ComponentStatus
from app.domain.event_words import CORRECTION as CORRECTION_WORDS
from app.domain.event_words import EVENT_WORDS, EventWords, filled
from app.domain.message_templates import MessageEvent
from app.domain.reach import Reach, reach_of
from app.web.admin.forms import member_of
from app.web.admin.speak.composer import CORRECTION, Composer, Words


def filled_words(composer: Composer, time: str) -> Words:
    """The form's words with those of its event, where nothing else was typed. `time` is since when: "9:42 PM"."""
    words, event = composer.words, _event_words(composer)
    if event is None:
        return words
    fresh = filled(event, [item.short_name for item in composer.ticked], time)
    fits = words.status in event.statuses
    return replace(
        words,
        status=words.status if fits else event.statuses[0].value,
        kind=event.kind.value if event.kind else words.kind,
        filled=fresh,
        what_happened=_kept_or(words.what_happened, words.filled.what_happened, fresh.what_happened),
        done=_kept_or(words.done, words.filled.done, fresh.done),
        next_step=_kept_or(words.next_step, words.filled.next_step, fresh.next_step),
    )


def _kept_or(typed: str, before: str, fresh: str) -> str:
    """What was typed, or the fresh text where there was nothing, or only what had been filled in before."""
    return fresh if not typed or _same(typed, before) else typed


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()


def _event_words(composer: Composer) -> EventWords | None:
    """The words of the chosen event; a front door that is shut has its own."""
    words = composer.words
    if words.event == CORRECTION:
        return CORRECTION_WORDS
    event = member_of(MessageEvent, words.event)
    if event is MessageEvent.INVESTIGATING:
        if not composer.ticked:
            return None
        shut = _shuts_a_door(composer.ticked, [item for _, items in composer.groups for item in items])
        event = MessageEvent.SSO_DOWN_DIRECT_LINKS if shut else event
    return EVENT_WORDS.get(event) if event else None


def _shuts_a_door(ticked: Sequence[Component], components: Sequence[Component]) -> bool:
    down = {item.slug for item in ticked}
    failing = [
        replace(item, status=ComponentStatus.MAJOR_OUTAGE if item.slug in down else ComponentStatus.OPERATIONAL)
        for item in components
    ]
    return any(way.reach is Reach.ANOTHER_DOOR for way in reach_of(failing).values())
