"""The telephone line as TwiML: what callers hear, the menu, and what is said when the news is old (R29).

    /voice.xml               the announcement twice, within one <Gather> that takes a key
    /voice/<group>.xml       one group of the menu: what is down there and its doors
    /voice-static.xml        the announcement twice without keys, for a copy when the program is gone
    /voice-away.xml          what is said instead of an announcement that has expired
    /voice-links.txt         the text message that a caller may ask for

Keys: 1 texts the links, 2 to 4 are groups, 9 is the other language. Every announcement carries the
moment it expires in a comment before its root; the hook reads it and never plays what is older.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from twilio.twiml.voice_response import Gather, VoiceResponse

from app.domain.announcements import expires_at
from app.domain.channels import Channel
from app.domain.components import Component, ComponentGroup, ComponentStatus
from app.domain.maintenance import Maintenance
from app.domain.organisation import Organisation
from app.domain.reach import Reach
from app.publish.addresses import absolute, host, in_language
from app.publish.documents import TEXT, TWIML, Effort
from app.publish.language import Language, when
from app.publish.parts import Part
from app.publish.sms_text import phone_text, segments
from app.publish.snapshot import PublicSnapshot
from app.publish.speech import LENGTH, SpokenLanguage, phone_script, spoken, way_around
from app.publish.verdict import verdict
from app.publish.wording import reach_word, standings

ANNOUNCEMENT, STATIC, AWAY, LINKS = "/voice.xml", "/voice-static.xml", "/voice-away.xml", "/voice-links.txt"
HOOK = "/hooks/twilio/voice"

KEY_LINKS, KEY_OTHER_LANGUAGE, FIRST_GROUP_KEY = "1", "9", 2
MENU_ABOVE = 3
"""A menu is worth its seconds only where more services than this are affected."""

MENU_MOST = 3
GROUP_MOST = 6
"""The most groups that are offered, and services told of one: thirty seconds hold no more."""

_SPOKEN_MOST = {"en": 410, "es": 388}
SEGMENTS_MOST = 2
_WAIT_SECONDS = 5
_VOICES = {"en": "en-US", "es": "es-MX"}
"""The languages as Twilio's voices name them."""

_EXPIRES = re.compile(rb"<!-- expires (\S+) -->")


def voice_parts(snapshot: PublicSnapshot) -> Iterator[Part]:
    """Every document of the telephone line, in every language of the organisation."""
    for code in snapshot.organisation.languages:
        groups = menu(snapshot, code)
        yield _part(ANNOUNCEMENT, announcement, (snapshot, groups, code))
        yield _part(STATIC, static_announcement, (snapshot, code))
        for group in groups:
            yield _part(group_path(group.slug), group_words, (snapshot, groups, group, code))
        yield _part(AWAY, away, (snapshot.organisation, snapshot.public_url, code))
        yield _part(LINKS, links_text, (snapshot, code), TEXT)


def _part(path: str, render: Callable[..., bytes], inputs: tuple[object, ...], media_type: str = TWIML) -> Part:
    """A document in the language that its inputs end with."""
    return Part(in_language(path, str(inputs[-1])), render, inputs, media_type, Effort.QUICK)


def announcement(snapshot: PublicSnapshot, groups: Sequence[ComponentGroup], code: str) -> bytes:
    """What a caller hears: who, as of when, what is down, what works, the next update, the page; then the keys."""
    script, keys = _script(snapshot, groups, code)
    other = _other_language(snapshot, code)
    sayings = [(" ".join(filter(None, (*script, keys))), code)]
    return _gathered(snapshot, groups, code, [*sayings, (_invitation(other), other)] if other else sayings)


def menu(snapshot: PublicSnapshot, code: str) -> tuple[ComponentGroup, ...]:
    """The groups that get a key, in the order of the page: only in wide trouble, and the worst ones.

    The announcement may lose one sentence for it (what else is out of reach), never that of what
    works, so that a language of long words offers less.
    """
    if len(_affected(snapshot)) <= MENU_ABOVE:
        return ()
    worst_first, whole = _worst_groups(snapshot), phone_script(snapshot, code)
    for most in range(MENU_MOST, 0, -1):
        offered = tuple(group for group in snapshot.groups if group in worst_first[:most])
        if len(_script(snapshot, offered, code)[0]) >= len(whole) - 1:
            return offered
    return ()


def _worst_groups(snapshot: PublicSnapshot) -> list[ComponentGroup]:
    """The groups with something wrong in them, those without any way in first."""
    worst: dict[str | None, int] = {}
    for item in _affected(snapshot):
        rank = _RANK[snapshot.ways[item.slug].reach]
        worst[item.group] = min(rank, worst.get(item.group, rank))
    return sorted((group for group in snapshot.groups if group.slug in worst), key=lambda group: worst[group.slug])


def _script(snapshot: PublicSnapshot, groups: Sequence[ComponentGroup], code: str) -> tuple[list[str], str]:
    """The sentences and the keys, together no longer than a caller listens."""
    language = SpokenLanguage(code, snapshot.organisation.zone)
    keys = spoken(_keys(snapshot, groups, language), language, snapshot.pronunciations)
    other = _other_language(snapshot, code)
    room = spoken_most(code) - len(f" {keys} {_invitation(other) if other else ''}")
    return phone_script(snapshot, code, room), keys


def static_announcement(snapshot: PublicSnapshot, code: str) -> bytes:
    """The announcement twice, and until when it holds: nobody is there any more who could withhold it."""
    language = SpokenLanguage(code, snapshot.organisation.zone)
    until = expiry(snapshot)
    time = when(until, language, snapshot.as_of, with_zone=False)
    holds = language.gettext("This holds until %(time)s; after that, call back or see the page.", time=time)
    script = phone_script(snapshot, code, spoken_most(code) - len(f" {holds}"))
    response = VoiceResponse()
    _say_twice(response, [(" ".join((*script, holds)), code)])
    return _printed(response, until)


def group_words(snapshot: PublicSnapshot, groups: Sequence[ComponentGroup], group: ComponentGroup, code: str) -> bytes:
    """What is wrong in one group, and the door of each service there; twice, with the same keys."""
    language = SpokenLanguage(code, snapshot.organisation.zone)
    affected = [item.in_language(code) for item in _affected(snapshot) if item.group == group.slug]
    for is_brief in (False, True):
        standing = [_standing(snapshot, item, language, is_brief=is_brief) for item in affected[:GROUP_MOST]]
        keys = _keys(snapshot, (), language), language.gettext("For everything, press 0.")
        lines = (f"{group.in_language(code).name}:", *standing, *keys)
        words = " ".join(spoken(line, language, snapshot.pronunciations) for line in lines if line)
        if len(words) <= spoken_most(code):
            break
    return _gathered(snapshot, groups, code, [(words, code)])


def away(organisation: Organisation | None, public_url: str, code: str) -> bytes:
    """What is said where there is no announcement, or only an old one: call back, see the page, ask the help desk."""
    language = SpokenLanguage(code, organisation.zone if organisation else ZoneInfo("UTC"))
    who = language.gettext("This is %(who)s.", who=organisation.name) if organisation else ""
    phone = organisation.help_desk_phone if organisation else ""
    sentences = (
        who,
        language.gettext("There is no fresh announcement at this moment."),
        language.gettext("Please call back in a few minutes, or see %(site)s.", site=host(public_url)),
        language.gettext("Help desk: %(phone)s.", phone=phone) if phone else "",
    )
    response = VoiceResponse()
    _say(response, " ".join(spoken(line, language) for line in sentences if line), code)
    return _printed(response)


def links_text(snapshot: PublicSnapshot, code: str) -> bytes:
    """The verdict, as many doors as two texts hold, and the page, in the alphabet of phones."""
    language = Language(code, snapshot.organisation.zone)
    said = verdict(snapshot, language)
    doors = [(item, snapshot.ways[item.slug].link) for item in standings(snapshot, language).doors]
    links = [f"{item.short_name}: {link.url}" for item, link in doors if link]
    text = ""
    for most in range(len(links) + 1):
        lines = (f"{snapshot.organisation.short_name}: {said.sentence}", *links[:most], snapshot.public_url)
        longer = phone_text(" ".join(lines))
        if text and segments(longer) > SEGMENTS_MOST:
            break
        text = longer
    return text.encode()


def texted(text: str, caller: str, sender: str, code: str) -> bytes:
    """Send this text to the caller, from `sender` or the number that was called, and say so."""
    language = Language(code, ZoneInfo("UTC"))
    response = VoiceResponse()
    response.sms(text, to=caller, from_=sender or None)
    _say(response, language.gettext("The links are on their way to your phone. Good-bye."), code)
    return _printed(response)


def not_texted(public_url: str, code: str) -> bytes:
    """Say the address of the page, where no text can be sent."""
    language = SpokenLanguage(code, ZoneInfo("UTC"))
    line = language.gettext("No text can be sent to you now. The links are at %(site)s.", site=host(public_url))
    response = VoiceResponse()
    _say_twice(response, [(spoken(line, language), code)])
    return _printed(response)


def spoken_most(code: str) -> int:
    """Characters of one announcement with its keys: thirty seconds in that language, measured with espeak-ng."""
    return _SPOKEN_MOST.get(code, LENGTH)


def expiry(snapshot: PublicSnapshot) -> datetime:
    """The last moment at which this announcement may play. Work in progress promises its planned end."""
    said = verdict(snapshot, Language("en", snapshot.organisation.zone))
    promised_at = said.next_update_at
    if promised_at is None and isinstance(said.about, Maintenance):
        promised_at = said.about.scheduled_until
    work = snapshot.upcoming_maintenances
    begins_at = work[0].scheduled_for if work else None
    return expires_at(snapshot.as_of, promised_at, is_well=snapshot.is_well, work_begins_at=begins_at)


def expiry_of(document: bytes) -> datetime | None:
    """The moment that a document carries; None where it never expires."""
    found = _EXPIRES.search(document)
    return datetime.fromisoformat(found[1].decode()) if found else None


def group_path(slug: str) -> str:
    """Where the words about one group stand, in English."""
    return f"/voice/{quote(slug, safe='')}.xml"


_RANK = {Reach.STOPPED: 0, Reach.LOCKED_OUT: 1, Reach.ANOTHER_DOOR: 2, Reach.WORKING: 3}


def _affected(snapshot: PublicSnapshot) -> list[Component]:
    """What does not work as usual, in the order of the page."""
    return [
        item
        for item in snapshot.components
        if snapshot.ways[item.slug].reach is not Reach.WORKING or item.status is not ComponentStatus.OPERATIONAL
    ]


def _standing(snapshot: PublicSnapshot, item: Component, language: SpokenLanguage, *, is_brief: bool) -> str:
    """One service: its door, or what is wrong with it and, if there is time, the way around."""
    way = snapshot.ways[item.slug]
    if way.reach is Reach.ANOTHER_DOOR and way.link and way.link.url:
        site = urlsplit(way.link.url).hostname or way.link.url
        return language.gettext("%(name)s: sign in directly at %(site)s.", name=item.short_name, site=site)
    around = "" if is_brief else way_around(snapshot.by_slug[item.slug], language.code)
    return f"{item.short_name}: {reach_word(item, way, language)}. {around}".strip()


def _keys(snapshot: PublicSnapshot, groups: Sequence[ComponentGroup], language: Language) -> str:
    """ "Press 1 for the links by text, 2 for Listings." Nothing where no key does anything."""
    choices = []
    if Channel.SMS in snapshot.channels:
        choices.append(language.gettext("%(key)s and we text you the links", key=KEY_LINKS))
    for key, group in enumerate(groups, FIRST_GROUP_KEY):
        name = group.in_language(language.code).name
        choices.append(language.gettext("%(key)s for %(name)s", key=key, name=name))
    return language.gettext("Press %(choices)s.", choices=", ".join(choices)) if choices else ""


def _other_language(snapshot: PublicSnapshot, code: str) -> str:
    """The next language of the organisation, so that one key leads through all of them; nothing where it has one."""
    spoken_here = snapshot.organisation.languages
    after = spoken_here[(spoken_here.index(code) + 1) % len(spoken_here)]
    return "" if after == code else after


def _invitation(code: str) -> str:
    """How to get to that language, said in it."""
    return Language(code, ZoneInfo("UTC")).gettext("For English, press %(key)s.", key=KEY_OTHER_LANGUAGE)


def _action(snapshot: PublicSnapshot, code: str, groups: Sequence[ComponentGroup]) -> str:
    """Where a key leads. The groups stand in the address, so that a key means the same when the page moves on."""
    query = {"language": code, "other": _other_language(snapshot, code), "menu": ",".join(item.slug for item in groups)}
    return absolute(snapshot.public_url, f"{HOOK}?{urlencode({name: given for name, given in query.items() if given})}")


def _gathered(
    snapshot: PublicSnapshot, groups: Sequence[ComponentGroup], code: str, sayings: Sequence[tuple[str, str]]
) -> bytes:
    """All of it twice, for whoever presses a key meanwhile, and the end of the call for whoever does not."""
    action = _action(snapshot, code, groups)
    gather = Gather(numDigits=1, timeout=_WAIT_SECONDS, action=action, method="POST")
    _say_twice(gather, sayings)
    response = VoiceResponse()
    response.append(gather)
    return _printed(response, expiry(snapshot))


def _say_twice(verb: VoiceResponse | Gather, sayings: Sequence[tuple[str, str]]) -> None:
    for words, code in sayings:
        _say(verb, words, code)
    verb.pause(length=1)
    for words, code in sayings:
        _say(verb, words, code)


def _say(verb: VoiceResponse | Gather, words: str, code: str) -> None:
    verb.say(words, language=_VOICES.get(code, code))


def _printed(response: VoiceResponse, expires: datetime | None = None) -> bytes:
    response.hangup()
    declaration, root = str(response).split("?>", 1)
    comment = f"\n<!-- expires {expires.isoformat()} -->\n" if expires else "\n"
    return f"{declaration}?>{comment}{root}\n".encode()
