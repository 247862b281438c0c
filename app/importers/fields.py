"""Reading single values out of records of unknown shape. What cannot be read is noted, never raised."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TypeVar

from app.domain.incidents import BODY_LIMIT, TITLE_LIMIT
from app.importers.records import Defects
from app.importers.text import html_to_text, is_html, one_line, plain

_ID_LIMIT = 200
_YEARS = range(1990, 2100)
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)

Choice = TypeVar("Choice")


class Fields:
    """One record's values by name.

    `zone` is the time zone of stamps that name none; None reads them as UTC and says so.
    """

    def __init__(self, raw: Mapping[str, object], defects: Defects, zone: tzinfo | None = None) -> None:
        self.raw = raw
        self.defects = defects
        self._zone = zone

    def text(self, name: str, *, limit: int = _ID_LIMIT) -> str:
        """Short text on one line; "" where there is none."""
        value = self.raw.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return ""
        return one_line(str(value)[: 10 * limit])[:limit].strip()

    def title(self, name: str) -> str:
        """A title within our limit; an untitled record is called that."""
        title = self.text(name, limit=TITLE_LIMIT + 1)
        if not title:
            self.defects.note("It has no title.")
            return "Untitled"
        if len(title) > TITLE_LIMIT:
            self.defects.note(f"Its title was longer than {TITLE_LIMIT} characters and was cut.")
            return title[: TITLE_LIMIT - 1].rstrip() + "…"
        return title

    def is_true(self, name: str) -> bool:
        """Whether it says yes."""
        return self.raw.get(name) is True

    def moment(self, name: str) -> datetime | None:
        """A moment as UTC; None where there is none or it cannot be read."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        found = parse_moment(value, self._zone or UTC)
        if found is None:
            self.defects.note(f"The time in “{name}” cannot be read.")
            return None
        if not has_zone(value) and self._zone is None:
            self.defects.note(f"The time in “{name}” names no time zone; it was read as UTC.")
        return found

    def day(self, name: str) -> date | None:
        """A calendar day; None where there is none or it cannot be read."""
        value = self.raw.get(name)
        found = parse_moment(value, UTC) if value else None
        return found.date() if found else None

    def records(self, name: str) -> list["Fields"]:
        """A list of records; what is not one is noted and left out."""
        value = self.raw.get(name)
        if value is None:
            return []
        listed = value if isinstance(value, list) else [value]
        whole = [item for item in listed if isinstance(item, dict)]
        if len(whole) < len(listed) or not isinstance(value, list):
            self.defects.note(f"Not all of “{name}” could be read.")
        return [Fields(item, self.defects, self._zone) for item in whole]

    def choice(self, name: str, choices: Mapping[str, Choice], otherwise: Choice, what: str) -> Choice:
        """One of a few words, whatever its case; another word is noted as no `what`."""
        word = self.text(name)
        found = choices.get(word.lower())
        if found is None:
            self.defects.note(f"“{word[:40]}” is no {what} that we know." if word else f"It names no {what}.")
            return otherwise
        return found


def body(raw: object, defects: Defects) -> str:
    """The text of one update as plain text within our limit, with notes on what was done to it."""
    text = str(raw)[: 2 * BODY_LIMIT] if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if "\r" in text or "\\r\\n" in text:
        defects.count("text had the line ends of another system", "texts had the line ends of another system")
        text = text.replace("\\r\\n", "\n")
    if is_html(text):
        defects.count("text was HTML and was made plain", "texts were HTML and were made plain")
        text = html_to_text(text)
    text = plain(text)
    if not text:
        defects.count("update has no text", "updates have no text")
    if len(text) > BODY_LIMIT or (isinstance(raw, str) and len(raw) > 2 * BODY_LIMIT):
        defects.count(
            f"text was longer than {BODY_LIMIT:,} characters and was cut",
            f"texts were longer than {BODY_LIMIT:,} characters and were cut",
        )
        text = text[: BODY_LIMIT - 1].rstrip() + "…"
    return text


def parse_moment(value: object, zone: tzinfo) -> datetime | None:
    """A stamp as UTC, read in `zone` where it names none; None when it names no moment of our time."""
    try:
        if isinstance(value, str):
            value = _from_text(value.strip())
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - its zone follows
        if not isinstance(value, datetime):
            return None
        moment = (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None


def has_zone(value: object) -> bool:
    """Whether a stamp names its time zone."""
    if isinstance(value, datetime):
        return value.tzinfo is not None
    match = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    return bool(match and match[8])


def _from_text(text: str) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micro = int((match[7] or "")[:6].ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=_offset(match[8]))


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(ahead if text[0] == "+" else -ahead)
