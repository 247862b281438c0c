"""Turning what people typed into values, with one sentence beside each field that cannot be one."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.domain.errors import RefusedError
from app.domain.localtime import from_clock

Choice = TypeVar("Choice", bound=StrEnum)


class Reading:
    """Reads raw text field by field and gathers the problems, so that all of them are told at once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.problems: dict[str, str] = {}

    def member(self, name: str, text: str, kind: type[Choice]) -> Choice | None:
        """The chosen member; None when nothing was chosen or it is no choice."""
        member = member_of(kind, text)
        if text and member is None:
            self.problems[name] = f"“{text[:40]}” is not one of the choices."
        return member

    def moment(self, name: str, text: str) -> datetime | None:
        """A time on the organisation's clock."""
        try:
            return from_clock(text, self._zone)
        except RefusedError as error:
            self.problems[name] = str(error) if text else "Choose a date and a time."
            return None

    def exact_moment(self, name: str, text: str) -> datetime | None:
        """A moment that the form itself offered, with its offset."""
        moment = moment_of(text)
        if moment is None:
            self.problems[name] = "Choose one of the times, or give another."
        return moment

    def day(self, name: str, text: str) -> date | None:
        """A date; None when the field is empty."""
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.problems[name] = f"“{text[:40]}” is not a date."
            return None

    def minutes(self, name: str, text: str, *, most: int) -> int:
        """A whole number of minutes; none is 0."""
        if text and not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) <= most):
            self.problems[name] = f"Give a whole number of minutes, at most {most:,}."
            return 0
        return int(text or 0)

    def whole(self, name: str, text: str, *, least: int, most: int) -> int:
        """A whole number within bounds; `least` where it is none."""
        if not (text.isascii() and text.isdigit() and len(text) < 7 and least <= int(text) <= most):
            self.problems[name] = f"Give a whole number from {least} to {most}."
            return least
        return int(text)

    def short(self, name: str, text: str, *, most: int) -> str:
        """One text of bounded length."""
        if len(text) > most:
            self.problems[name] = f"This has {len(text):,} characters; the most is {most:,}."
        return text

    def web_address(self, name: str, text: str) -> str | None:
        """An https address with a host; None when the field is empty."""
        if not text:
            return None
        if not _is_web_address(text):
            self.problems[name] = "Give a whole address that starts with https://"
        return text

    def refuse(self) -> None:
        """Stop here when anything was wrong.

        Raises:
            RefusedError: something was.
        """
        if self.problems:
            raise RefusedError(self.problems)


def member_of(kind: type[Choice], text: str) -> Choice | None:
    """The member that is spelled so, if any."""
    return next((member for member in kind if member.value == text), None)


def moment_of(text: str) -> datetime | None:
    """The moment that "2026-04-05T03:50:00+00:00" names, as UTC; None when it names none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and not parts.username and " " not in text
    except ValueError:
        return False
