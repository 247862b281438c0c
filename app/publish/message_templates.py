"""The templates of notices, read once: templates/notices/<channel>/<language>.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "templates" / "notices"

EVENTS = (
    "investigating",
    "sso_down_direct_links",
    "confirmed",
    "update",
    "no_change",
    "limited_service",
    "watching",
    "resolved",
    "reopened",
    "report",
    "maintenance_scheduled",
    "maintenance_started",
    "maintenance_completed",
    "security_reset",
    "isolated",
)
"""What a notice can tell of. Each has words in every language and on every channel."""


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
