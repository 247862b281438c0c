"""The fields of one object in a body, read as values, with one sentence for each that cannot be one."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.domain.errors import RefusedError
from app.domain.text import printable

Choice = TypeVar("Choice", bound=StrEnum)

METADATA_LIMIT = 10_000
"""Characters of JSON that a program may keep with an incident."""

_TRUE = frozenset({"true", "t", "1", "yes", "on"})
_FALSE = frozenset({"false", "f", "0", "no", "off", ""})
_YEARS = range(2000, 2100)


class Fields:
    """Reads one object field by field and gathers the problems, so that all of them are told at once.

    Null and absent are the same. Times without an offset are on the organisation's clock (`zone`).
    """

    def __init__(self, given: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._given = given
        self._zone = zone
        self.problems: dict[str, str] = {}

    def text(self, *names: str) -> str | None:
        """The first of these fields that was given, without signs that cannot be shown."""
        name = next((name for name in names if self._given.get(name) is not None), names[0])
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            self.problems[name] = "This must be text."
            return None
        return None if value is None else printable(value).strip()

    def flag(self, name: str) -> bool | None:
        """Yes or no, in any of the ways in which clients spell it: true, "t", "1"."""
        value = self._given.get(name)
        if value is None or isinstance(value, bool):
            return value
        spelled = str(value).strip().lower() if isinstance(value, str | int) else "?"
        if spelled not in _TRUE | _FALSE:
            self.problems[name] = "This must be true or false."
            return None
        return spelled in _TRUE

    def member(self, name: str, kind: type[Choice]) -> Choice | None:
        """One of the members of a vocabulary; an empty text is none."""
        spelled = self.text(name)
        found = next((member for member in kind if member.value == spelled), None)
        if spelled and found is None:
            self.problems[name] = f"“{spelled[:40]}” is not one of: {', '.join(kind)}."
        return found

    def moment(self, name: str) -> datetime | None:
        """A moment in ISO 8601, as UTC."""
        spelled = self.text(name)
        if not spelled:
            return None
        try:
            moment = datetime.fromisoformat(spelled.removesuffix(" UTC") + ("Z" if spelled.endswith(" UTC") else ""))
            aware = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
            if aware.year in _YEARS:
                return aware.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self.problems[name] = f"“{spelled[:40]}” is not a time like 2026-04-04T22:30:00-05:00."
        return None

    def day(self, name: str) -> date | None:
        """A day as "2026-04-04"; a moment stands for the day on the organisation's clock."""
        spelled = self.text(name)
        if not spelled:
            return None
        if len(spelled) > len("2026-04-04"):
            moment = self.moment(name)
            return moment.astimezone(self._zone).date() if moment else None
        try:
            on = date.fromisoformat(spelled)
        except ValueError:
            on = date.min
        if on.year not in _YEARS:
            self.problems[name] = f"“{spelled[:40]}” is not a day like 2026-04-04."
            return None
        return on

    def texts(self, name: str) -> list[str] | None:
        """Several texts, each once: a list, or one text with commas. A list of nothing empties."""
        value = self._given.get(name)
        if value is None:
            return None
        listed = value.split(",") if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            self.problems[name] = "This must be a list of texts."
            return None
        return list(dict.fromkeys(text for item in listed if (text := printable(item).strip())))

    def is_list(self, name: str) -> bool:
        """Whether several values were given without names."""
        return isinstance(self._given.get(name), list)

    def choices(self, name: str, kind: type[Choice]) -> dict[str, Choice] | None:
        """A member for each key: {"ID": "major_outage"}."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.problems[name] = "This must map ids to one value each."
            return None
        below = Fields(value, self._zone)
        found = {printable(key): member for key in value if (member := below.member(key, kind)) is not None}
        if below.problems:
            self.problems[name] = next(iter(below.problems.values()))
        return found

    def facts(self, name: str) -> dict[str, Any] | None:
        """An object of the caller's own, of bounded size."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.problems[name] = "This must be an object."
            return None
        if len(json.dumps(value)) > METADATA_LIMIT:
            self.problems[name] = f"This is more than {METADATA_LIMIT:,} characters of JSON."
        return {printable(key): _cleaned(item) for key, item in value.items()}

    def refuse(self) -> None:
        """Stop here when anything was wrong.

        Raises:
            RefusedError: something was.
        """
        if self.problems:
            raise RefusedError(self.problems)


def _cleaned(value: Any) -> Any:
    """The same value without signs that a database refuses; the body's depth bounds the recursion."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(key): _cleaned(item) for key, item in value.items()}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value
