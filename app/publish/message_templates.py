"""The templates of notices: templates/notices/<channel>/<language>.toml, read once, and an organisation's own.

An organisation may write its own words for any event; what it did not write has ours.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.domain.channels import Channel
from app.domain.message_templates import TEXTS, MessageEvent

FOLDER = Path(__file__).parents[2] / "templates" / "notices"

EVENTS = tuple(MessageEvent)
"""What a notice can tell of. Each has words in every language and on every channel."""

Written = Mapping[tuple[str, str, str], Mapping[str, str]]
"""Texts that the organisation wrote itself, by channel, event and language."""


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """The subject of a mail, and what stands before the update's own words."""

    subject: str
    opening: str


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """The sentences that every mail has."""

    doors: str
    promise: str
    page: str
    why: str
    manage: str
    stop: str


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates that hold for one notice: the organisation's own before ours."""

    written: Written = field(default_factory=dict)

    def text(self, event: str, language: str) -> str:
        """The text message of an event."""
        own = self.written.get((Channel.SMS, event, language))
        return own["text"] if own else sms_templates(language)[event]

    def mail(self, event: str, language: str) -> MailTemplate:
        """The mail of an event; chats use the same words."""
        own = self.written.get((Channel.EMAIL, event, language))
        return MailTemplate(**own) if own else mail_templates(language)[event]


def texts_of(channel: Channel, event: MessageEvent, language: str) -> Mapping[str, str]:
    """Our own words, under the names an editor has for them: what an organisation starts from.

    Raises:
        KeyError: the channel has no templates; chats take the words of the mail.
    """
    found = {"text": sms_templates(language)[event]} | asdict(mail_templates(language)[event])
    return {name: found[name].strip() for name in TEXTS[channel]}


@lru_cache
def sms_templates(language: str) -> Mapping[str, str]:
    """The text of each event."""
    return _read("sms", language)


@lru_cache
def mail_templates(language: str) -> Mapping[str, MailTemplate]:
    """The mail of each event; chats use the same words."""
    found = _read("email", language)
    return {event: MailTemplate(**words) for event, words in found.items() if event != "letter"}


@lru_cache
def letter_template(language: str) -> LetterTemplate:
    """The sentences of every mail."""
    return LetterTemplate(**_read("email", language)["letter"])


@lru_cache
def mail_layout() -> str:
    """The HTML around a mail, with the slots `language`, `subject`, `organisation`, `body` and `footer`."""
    return (FOLDER / "email" / "layout.html").read_text(encoding="utf-8")


@lru_cache
def _read(channel: str, language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / channel / f"{language}.toml").read_text(encoding="utf-8"))
