"""The words of notices that an organisation may write itself: which there are, and what they may hold.

A text message must fit one segment even with the longest values in its slots, because what does
not fit is cut off or billed twice. How a telephone counts is told by the caller.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.slots import fill, slots_of


class MessageEvent(StrEnum):
    """What a notice can tell of. Each has words in every language, as a text and as a mail."""

    INVESTIGATING = "investigating"
    SSO_DOWN_DIRECT_LINKS = "sso_down_direct_links"
    CONFIRMED = "confirmed"
    UPDATE = "update"
    NO_CHANGE = "no_change"
    LIMITED_SERVICE = "limited_service"
    WATCHING = "watching"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    REPORT = "report"
    MAINTENANCE_SCHEDULED = "maintenance_scheduled"
    MAINTENANCE_MOVED = "maintenance_moved"
    MAINTENANCE_CANCELLED = "maintenance_cancelled"
    MAINTENANCE_STARTED = "maintenance_started"
    MAINTENANCE_EXTENDED = "maintenance_extended"
    MAINTENANCE_COMPLETED = "maintenance_completed"
    SECURITY_RESET = "security_reset"
    VENDOR_CLOSING = "vendor_closing"
    DEADLINE_RELIEF = "deadline_relief"
    ISOLATED = "isolated"


TEXTS: Mapping[Channel, Mapping[str, int]] = {
    Channel.SMS: {"text": 480},
    Channel.EMAIL: {"subject": 150, "opening": 2_000},
}
"""The texts of one template and the most characters of each. Chats take the words of the mail."""

SLOTS: Mapping[str, int] = {
    "who": 12,
    "organisation": 60,
    "title": 40,
    "component": 22,
    "works": 34,
    "time": 8,
    "next": 8,
    "window": 26,
    "until": 14,
    "deadline": 14,
    "url": 19,
    "page": 60,
}
"""Every slot, and the most characters that fill it in a text message."""

_LINKS = ("url", "page")


def check_texts(
    channel: Channel,
    event: MessageEvent,
    texts: Mapping[str, str],
    *,
    known: Mapping[str, str],
    segments: Callable[[str], int],
) -> None:
    """Refuse a template that could not be sent.

    `known` are slots whose value is the same in every message, such as {"who": "HPMLS"}; `segments`
    tells how many text messages a text becomes.

    Raises:
        RefusedError: the reason for each text, under its name.
    """
    if channel not in TEXTS or texts.keys() != TEXTS[channel].keys():
        raise RefusedError("A template has one text for SMS, and a subject and an opening for mail.")
    problems = {name: _problem(text.strip(), TEXTS[channel][name], event) for name, text in texts.items()}
    found = {name: words for name, words in problems.items() if words}
    if channel is Channel.SMS and not found and segments(_at_its_longest(texts["text"], known)) > 1:
        found["text"] = "With the longest names this does not fit into one text of 160 characters. Make it shorter."
    if found:
        raise RefusedError(found)


def _problem(text: str, most: int, event: MessageEvent) -> str:
    """What is wrong with one text, or nothing."""
    if not text:
        return "Write something, or go back to the words that came with the program."
    if len(text) > most:
        return f"This has {len(text):,} characters; {most:,} is the most."
    unknown = sorted(slots_of(text) - SLOTS.keys())
    if unknown:
        return f"There is no slot {{{unknown[0]}}}. There are: {', '.join(SLOTS)}."
    if re.search(r"[{}]", _without_slots(text)):
        return "Write a slot in small letters between two braces: {component}."
    if event is MessageEvent.SECURITY_RESET and (slots_of(text) & set(_LINKS) or "://" in text):
        return "Words about new passwords never carry a link: members must learn not to follow one."
    return ""


def _without_slots(text: str) -> str:
    """The text without its slots."""
    return re.sub(r"\{[a-z_]+\}", "", text)


def _at_its_longest(text: str, known: Mapping[str, str]) -> str:
    longest = {name: "x" * most for name, most in SLOTS.items()}
    return fill(text, {**longest, **known})
