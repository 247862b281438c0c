"""The telephone announcement: the same facts, said so that they can be read aloud in thirty seconds.

Order (notices.md, "Phone"): who and as-of time; what is down; what works and how; next update; the
website once.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from babel.dates import format_date, format_time

from app.domain.components import Component
from app.domain.pronunciations import Pronunciation, pronounced
from app.domain.text import printable
from app.publish.addresses import host
from app.publish.language import Language, when
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import Tone, Verdict, verdict
from app.publish.wording import Standings, standings

LENGTH = 420
"""The most characters of one announcement: thirty seconds at fourteen a second, a calm reader's pace."""

_SHORTENINGS = ((6, 6), (6, 3), (6, 2), (6, 1), (4, 1), (3, 1), (2, 1), (1, 1), (1, 0), (0, 0))
"""How many doors and how many shut services are named, from everything to nothing; doors matter most."""


class SpokenLanguage(Language):
    """The same language with its times as they are said: "Monday 9 42 P M Central Time"."""

    def time(self, moment: datetime) -> str:
        """ "9 42 P M"; "9 oh 5 P M"; on the hour "9 P M"."""
        local = self.local(moment)
        on_the_hour, early, later = _TIMES.get(self.code, _TIMES["en"])
        pattern = on_the_hour if local.minute == 0 else early if local.minute < 10 else later
        return format_time(local, pattern, locale=self.locale).replace("AM", "A M").replace("PM", "P M")

    def zone_name(self, moment: datetime) -> str:
        """ "Central Time"."""
        return self.long_zone_name(moment)

    def weekday(self, moment: datetime) -> str:
        """ "Monday"."""
        return format_date(self.local(moment), "EEEE", locale=self.locale)


_TIMES = {
    "en": ("h a", "h 'oh' m a", "h mm a"),
    "es": ("h B", "h 'y' m B", "h 'y' m B"),
}
"""Patterns for the full hour, its first nine minutes, and the rest."""


def phone_script(snapshot: PublicSnapshot, code: str, length: int = LENGTH) -> list[str]:
    """The announcement, one item per sentence, of at most `length` characters.

    Lists of names grow shorter until it fits; the verdict and the promise never do.
    """
    language = SpokenLanguage(code, snapshot.organisation.zone)
    said, places = verdict(snapshot, language), standings(snapshot, language)
    opening = _aloud(_opening(said, snapshot, language), snapshot, language)
    closing = _aloud(_closing(said, snapshot, language), snapshot, language)
    script: list[str] = []
    for doors, shut in _SHORTENINGS:
        lists = (_also_shut(places, language, shut), _what_works(said, places, language, doors))
        script = [*opening, *_aloud(lists, snapshot, language), *closing]
        if len(" ".join(script)) <= length:
            break
    return script


def _aloud(lines: Iterable[str], snapshot: PublicSnapshot, language: SpokenLanguage) -> list[str]:
    """The lines that say something, as they are read."""
    return [spoken(line, language, snapshot.pronunciations) for line in lines if line]


def _opening(said: Verdict, snapshot: PublicSnapshot, language: SpokenLanguage) -> tuple[str, ...]:
    return (
        language.gettext("This is %(who)s.", who=snapshot.organisation.name),
        language.gettext("As of %(time)s:", time=_day_and_time(snapshot.as_of, language)),
        said.sentence if said.sentence.endswith((".", "!", "?")) else f"{said.sentence}.",
    )


def _closing(said: Verdict, snapshot: PublicSnapshot, language: SpokenLanguage) -> tuple[str, ...]:
    return (
        _next(said, snapshot, language),
        language.gettext("Links and news: %(site)s.", site=host(snapshot.public_url)),
    )


def _day_and_time(moment: datetime, language: SpokenLanguage) -> str:
    """With the day: a recording may be heard on another one."""
    return f"{language.weekday(moment)} {language.time_and_zone(moment)}"


def _also_shut(places: Standings, language: SpokenLanguage, most: int) -> str:
    if not places.locked_out or not most:
        return ""
    names = _named(places.locked_out, language, most)
    return language.gettext("Also out of reach for now: %(names)s.", names=names)


def _what_works(said: Verdict, places: Standings, language: SpokenLanguage, most: int) -> str:
    """The other doors; where there are none the way around, or a general word where that is too long."""
    if said.tone not in (Tone.TROUBLE, Tone.PLANNED) or not said.causes or not most:
        return ""
    if places.doors:
        names = _named(places.doors, language, most)
        return language.gettext("Working, with their own sign-in: %(names)s.", names=names)
    workaround = way_around(said.causes[0], language.code) if most > _BRIEF else ""
    return workaround or language.gettext("Other services work as usual.")


_BRIEF = 3


def way_around(component: Component, code: str) -> str:
    """The way around in this language, or nothing; a recording cannot mix two."""
    known = code == "en" or "workaround" in component.translations.get(code, {})
    return component.in_language(code).workaround if known else ""


def _named(components: Sequence[Component], language: SpokenLanguage, most: int) -> str:
    names = [component.short_name for component in components]
    left_out = len(names) - most
    if left_out <= 1:
        return language.names(names)
    return language.names([*names[:most], language.gettext("%(count)d more", count=left_out)])


def _next(said: Verdict, snapshot: PublicSnapshot, language: SpokenLanguage) -> str:
    if said.next_update_at is not None:
        time = when(said.next_update_at, language, snapshot.as_of, with_zone=False)
        if said.is_late:
            return language.gettext("An update was promised by %(time)s and is late.", time=time)
        return language.gettext("Next update by %(time)s.", time=time)
    soon = [work for work in snapshot.upcoming_maintenances if work.scheduled_for - snapshot.as_of < SOON]
    if not soon:
        return ""
    time = when(soon[0].scheduled_for, language, snapshot.as_of, with_zone=False)
    return language.gettext("Planned work: %(title)s, %(time)s.", title=soon[0].title, time=time)


SOON = timedelta(days=7)
"""Planned work this close is announced while nothing is wrong."""


def spoken(text: str, language: SpokenLanguage, lexicon: Iterable[Pronunciation] = ()) -> str:
    """Text as it is read aloud: times, telephone numbers, addresses and capitals spelled out.

    The organisation's own pronunciations come first, and are left as they were written.
    """
    held: list[str] = []

    def hold(said: str) -> str:
        held.append(said)
        return chr(_PRIVATE + len(held) - 1)

    own = [entry for entry in lexicon if entry.language == language.code]
    text = pronounced(printable(text), own, hold)
    text = _TIME.sub(lambda found: _said_time(found, language), text)
    text = _ADDRESS.sub(lambda found: _said_address(found[0], language), text)
    text = _NUMBER.sub(lambda found: " ".join(re.sub(r"\D", "", found[0])), text)
    text = _CAPITALS.sub(lambda found: found[0] if found[0] in _SAID_AS_WORDS else " ".join(found[0]), text)
    text = " ".join(text.replace("&", language.gettext("and")).split())
    return "".join(held[ord(sign) - _PRIVATE] if 0 <= ord(sign) - _PRIVATE < len(held) else sign for sign in text)


_PRIVATE = 0xF0000
"""Signs that no text has (Unicode, Supplementary Private Use Area-A) stand for what the lexicon said."""

_TIME = re.compile(r"\b(\d{1,2}):(\d{2})\s?([AaPp])(?:\.\s?m\.|[Mm]\b)")
_ADDRESS = re.compile(r"(?:https?://)?\b[\w-]+(?:[.@][\w-]+)*[.@][a-z]{2,}\b")
_NUMBER = re.compile(r"(?:\+?1[ -])?\(?\b\d{3}\)?[ -]\d{3}-\d{4}\b")
_CAPITALS = re.compile(r"\b[A-Z]{2,4}\b")
_SAID_AS_WORDS = {"PIN", "RESO"}


def _said_time(found: re.Match[str], language: SpokenLanguage) -> str:
    hour = int(found[1]) % 12 + (12 if found[3] in "Pp" else 0)
    minute = int(found[2])
    return language.time(datetime(2000, 1, 1, hour, minute, tzinfo=language.zone)) if minute < 60 else found[0]


def _said_address(address: str, language: SpokenLanguage) -> str:
    """ "h p m l s dash status dot example": what has no vowel is spelled, the rest are words."""
    marks = {".": language.gettext("dot"), "-": language.gettext("dash"), "@": language.gettext("at")}
    pieces = re.split(r"([.@-])", address.removeprefix("https://").removeprefix("http://"))
    return " ".join(marks.get(piece) or _said_word(piece) for piece in pieces if piece)


def _said_word(word: str) -> str:
    return word if re.search("[aeiou]", word) else " ".join(word)
