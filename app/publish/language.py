"""The languages the page speaks: translated sentences, and times as members say them.

English sentences are the keys. Every other language is one Babel catalogue,
`locale/<code>/LC_MESSAGES/messages.po`, read when it is first needed; there is no build step.
Placeholders are named: `language.gettext("next update by %(time)s", time=...)`. The two methods
`gettext` and `ngettext` also fit Jinja's i18n extension in its new style.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_name
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.domain.errors import RefusedError

_CATALOGUES = Path(__file__).parent / "locale"

LANGUAGES: tuple[str, ...] = ("en", *sorted(folder.name for folder in _CATALOGUES.iterdir() if folder.is_dir()))
"""Codes of every language with a catalogue; English needs none."""

_LOCALES = {"en": "en_US", "es": "es_US"}
"""Members read American times: 12 hours, and "CT" for the zone."""


@dataclass(frozen=True)
class Language:
    """One language, told in one time zone (the organisation's). Cheap to make.

    Raises:
        RefusedError: there is no catalogue for that code.
    """

    code: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.code not in LANGUAGES:
            raise RefusedError(f"“{self.code}” is not a language of this page; choose from {', '.join(LANGUAGES)}.")

    def gettext(self, message: str, /, **values: object) -> str:
        """The sentence in this language, with its named values filled in."""
        text = _translations(self.code).gettext(message)
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """The sentence for that number of things, with its named values filled in."""
        text = _translations(self.code).ngettext(singular, plural, number)
        return text % values if values else text

    def local(self, moment: datetime) -> datetime:
        """The moment on the organisation's clock."""
        return moment.astimezone(self.zone)

    def time(self, moment: datetime) -> str:
        """ "9:42 PM", without the zone."""
        return format_time(self.local(moment), "h:mm a", locale=self.locale)

    def time_and_zone(self, moment: datetime) -> str:
        """ "9:42 PM CT"."""
        return f"{self.time(moment)} {self.zone_name(moment)}"

    def exactly(self, moment: datetime) -> str:
        """ "Apr 5, 2026, 7:05 AM CT": the same whenever it is read."""
        return _exactly(self, moment)

    def weekday(self, moment: datetime) -> str:
        """ "Mon"."""
        return format_date(self.local(moment), "EEE", locale=self.locale)

    def day(self, day: date, *, year: bool = False) -> str:
        """ "Oct 6", or "Oct 6, 2025". A moment is told as its day on the organisation's clock."""
        return str(format_skeleton("yMMMd" if year else "MMMd", self._on(day), locale=self.locale))

    def month(self, day: date) -> str:
        """ "April 2026"."""
        return str(format_skeleton("yMMMM", day, locale=self.locale))

    def names(self, names: Sequence[str]) -> str:
        """ "A", "A and B", "A, B, and C"."""
        return format_list(list(names), locale=self.locale)

    def zone_name(self, moment: datetime) -> str:
        """ "CT": the short name that holds in summer and winter; where there is none, "CEST"."""
        return _short_zone_name(self.locale, self.zone) or _abbreviation(self.local(moment))

    def long_zone_name(self, moment: datetime) -> str:
        """ "Central Time", to be read aloud."""
        name = get_timezone_name(self.zone, width="long", locale=self.locale, zone_variant="generic")
        return self.zone_name(moment) if "(" in name else name

    def _on(self, day: date) -> date:
        # A plain date must not be moved by the zone; a moment (also a date to Python) must be.
        return self.local(day).date() if isinstance(day, datetime) else day

    @property
    def locale(self) -> Locale:
        """Babel's rules for dates and lists."""
        return Locale.parse(_LOCALES.get(self.code, self.code))


@lru_cache
def _translations(code: str) -> NullTranslations:
    """The catalogue, compiled in memory. English is its own translation."""
    if code == "en":
        return NullTranslations()
    with (_CATALOGUES / code / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=code, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=16_384)
def _exactly(language: Language, moment: datetime) -> str:
    # Feeds and histories tell the same few thousand moments again and again.
    return f"{language.day(moment, year=True)}, {language.time_and_zone(moment)}"


@lru_cache
def _short_zone_name(locale: Locale, zone: ZoneInfo) -> str:
    """The short generic name, or nothing where the language has only a long one."""
    name = get_timezone_name(zone, width="short", locale=locale, zone_variant="generic")
    return name if name.isalpha() and len(name) <= len("HAST") else ""


def _abbreviation(moment: datetime) -> str:
    """ "CEST"; for zones that are known by their offset alone, "UTC+04"."""
    name = moment.tzname() or ""
    return name if name.isalpha() else f"UTC{name}"


def when(moment: datetime, language: Language, as_of: datetime, *, with_zone: bool = True) -> str:
    """A moment as told at `as_of`, as short as it can be without doubt.

    "9:42 PM CT" today, "Mon 5:00 PM CT" within six days, "Oct 6, 5:00 PM CT" within the year,
    otherwise with the year.
    """
    on, today = language.local(moment).date(), language.local(as_of).date()
    time = language.time_and_zone(moment) if with_zone else language.time(moment)
    if on == today:
        return time
    if abs((on - today).days) < _WEEK:
        return f"{language.weekday(moment)} {time}"
    return f"{language.day(moment, year=on.year != today.year)}, {time}"


_WEEK = 7
