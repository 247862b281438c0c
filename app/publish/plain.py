"""`/text` for the thinnest connection, and `/phone.txt` for whoever reads into the phone system."""

from app.domain.text import printable
from app.publish.addresses import in_language
from app.publish.documents import TEXT
from app.publish.language import Language, when
from app.publish.parts import Part
from app.publish.snapshot import PublicSnapshot
from app.publish.speech import phone_script
from app.publish.verdict import Verdict, verdict
from app.publish.wording import (
    Standings,
    names_line,
    promise_line,
    relief_line,
    reliefs_in_force,
    since_line,
    standings,
)


def plain_parts(snapshot: PublicSnapshot) -> list[Part]:
    """Both documents in every language of the organisation. They tell their own age, so none is kept."""
    return [
        Part(in_language(path, code), render, (snapshot, code), TEXT)
        for code in snapshot.organisation.languages
        for path, render in (("/text", text), ("/phone.txt", phone))
    ]


def text(snapshot: PublicSnapshot, code: str) -> bytes:
    """The page in a few hundred bytes: verdict, promise, doors, what is shut, the phone, its own age."""
    language = Language(code, snapshot.organisation.zone)
    said, places = verdict(snapshot, language), standings(snapshot, language)
    blocks = (
        [snapshot.organisation.name, said.sentence, _times(said, language, snapshot)],
        _doors(places, snapshot, language),
        _shut(places, language),
        [relief_line(relief, language, snapshot.as_of) for relief in reliefs_in_force(snapshot)],
        _planned(snapshot, language),
        _where_to_ask(snapshot, language),
    )
    return _typed("\n\n".join("\n".join(filter(None, block)) for block in blocks if any(block)))


def phone(snapshot: PublicSnapshot, code: str) -> bytes:
    """The announcement, one sentence a line, to be read aloud in thirty seconds."""
    return _typed("\n".join(phone_script(snapshot, code)))


def _times(said: Verdict, language: Language, snapshot: PublicSnapshot) -> str:
    times = (since_line(said, language, snapshot.as_of), promise_line(said, language, snapshot.as_of))
    return ", ".join(filter(None, times))


def _doors(places: Standings, snapshot: PublicSnapshot, language: Language) -> list[str]:
    links = ((item, snapshot.ways[item.slug].link) for item in places.doors)
    lines = [f"- {item.short_name}: {link.url}" for item, link in links if link]
    return [f"{language.gettext('Sign in directly')}:", *lines] if lines else []


def _shut(places: Standings, language: Language) -> list[str]:
    named = (
        (language.gettext("No way in for now"), places.locked_out),
        (language.gettext("Stopped"), places.stopped),
        (language.gettext("Slow or failing"), places.struggling),
    )
    return [f"{title}: {names_line(components)}" for title, components in named if components]


def _planned(snapshot: PublicSnapshot, language: Language) -> list[str]:
    return [
        language.gettext(
            "Planned: %(title)s, %(time)s", title=work.title, time=when(work.scheduled_for, language, snapshot.as_of)
        )
        for work in snapshot.upcoming_maintenances
    ]


def _where_to_ask(snapshot: PublicSnapshot, language: Language) -> list[str]:
    organisation = snapshot.organisation
    return [
        _phone_line(language.gettext("Recorded news"), organisation.announcement_phone),
        _phone_line(language.gettext("Help desk"), organisation.help_desk_phone, organisation.help_desk_hours),
        language.gettext("As of %(time)s", time=language.exactly(snapshot.as_of)) + f" - {snapshot.public_url}",
    ]


def _phone_line(title: str, number: str, hours: str = "") -> str:
    if not number:
        return ""
    return f"{title}: {number} ({hours})" if hours else f"{title}: {number}"


def _typed(words: str) -> bytes:
    """What every screen and every old phone can show: typewriter punctuation, one line break at the end."""
    return (printable(words).translate(_TYPEWRITER).strip() + "\n").encode()


_TYPEWRITER = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2026": "...", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2022": "-", "\u200b": "",
})  # fmt: skip
