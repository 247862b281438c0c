"""What templates may do with a value: tell a time, dial a number, name a component. All of it is pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from textwrap import shorten

from babel import Locale
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.domain.components import Component, DirectLink
from app.domain.incidents import AffectedComponent, downtime
from app.domain.maintenance import Maintenance
from app.domain.organisation import Organisation
from app.publish.language import Language, when
from app.publish.wording import Record

_TITLE = 70
_NUMBER = re.compile(r"(?:\+?[0-9][0-9 .-]*)?(?:\([0-9]+\)[ .-]?)?[0-9][0-9 .-]{3,}[0-9]")
_UNBREAKABLE = str.maketrans({" ": "\N{NO-BREAK SPACE}", "-": "\N{NON-BREAKING HYPHEN}"})
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) ")
_SENTENCE_END = (".", "!", "?", "。")


def iso(moment: datetime) -> str:
    """The moment for a `datetime` attribute: "2026-04-05T02:42Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


@pass_context
def time(context: Context, moment: datetime) -> str:
    """The moment as told at the document's `as_of` ("9:42 PM CT"); in full where the document does not age."""
    language: Language = context["language"]
    as_of: datetime | None = context["as_of"]
    if as_of is None:
        return language.exactly(moment)
    return when(moment, language, as_of)


@pass_context
def until(context: Context, end: datetime, start: datetime) -> str:
    """The end of a stretch: without its day where that is the day on which it started."""
    language: Language = context["language"]
    if language.local(start).date() == language.local(end).date():
        return language.time_and_zone(end)
    return time(context, end)


def lasted(record: Record) -> timedelta | None:
    """How long it lasted in all, reopenings included; None while it is open and for planned work."""
    if isinstance(record, Maintenance) or record.is_open:
        return None
    return downtime(record, record.updated_at)


def bare(address: str) -> str:
    """An address as it is typed: without its scheme, and without a last slash."""
    return address.removeprefix("https://").rstrip("/")


@pass_context
def affected_names(context: Context, components: Iterable[AffectedComponent]) -> str:
    """The names of an incident's components in the document's language, in one line."""
    names: Mapping[str, str] = context["names"]
    return ", ".join(names.get(item.slug, item.name) for item in components)


def short_names(components: Iterable[Component]) -> dict[str, str]:
    """The components' short names by slug."""
    return {item.slug: item.short_name for item in components}


def telephone(words: str) -> tuple[str, str]:
    """A telephone number that keeps to one line, and what is said behind it: "(7:00-21:00 CT daily)"."""
    match = _NUMBER.match(words.strip())
    if match is None:
        return "", words
    return match[0].translate(_UNBREAKABLE), words.strip()[match.end() :].strip()


def dialled(number: str) -> str:
    """The number as a `tel:` address wants it (RFC 3966): "+12025550116"."""
    return re.sub(r"[^0-9+]", "", number)


def sentences(texts: Sequence[str]) -> str:
    """The texts that are not empty, one after the other, each closed by a full stop."""
    said = (text.strip() for text in texts if text.strip())
    return " ".join(text if text.endswith(_SENTENCE_END) else f"{text}." for text in said)


@pass_context
def page_title(context: Context, text: str) -> str:
    """What a tab and a search result show: the heading, and whose page it is where there is room."""
    organisation: Organisation = context["organisation"]
    whole = f"{text.strip()} · {organisation.name}"
    return whole if len(escape(whole)) <= _TITLE else shorten(text, _TITLE, placeholder="…")


def unbroken(text: str) -> Markup:
    """The sentences of a heading, each kept together where the line is long enough: a verdict reads in two beats."""
    return Markup(" ").join(Markup("<span>%s</span>") % part for part in _BETWEEN_SENTENCES.split(text))


def has_help(link: DirectLink) -> bool:
    """Whether there is anything to tell a member who comes here for the first time."""
    return bool(link.first_time or link.app or link.note)


@lru_cache
def endonym(code: str) -> str:
    """The language's name for itself: "Español"."""
    name = Locale.parse(code).get_language_name(code) or code
    return name[:1].upper() + name[1:]
