"""What a notice says on each channel, in each language, from one set of fields.

Everything but the recipient's own links is the same for everybody, so that a message is made once
for a hundred thousand deliveries. Templates are slot substitution only; what people typed is
escaped, and cleaned where it may be marked up.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from app.domain.channels import Channel
from app.domain.incidents import HEADING_FIELDS
from app.domain.message_templates import MessageEvent
from app.domain.slots import fill
from app.publish.addresses import absolute, in_language, survey_path
from app.publish.markup import body_html
from app.publish.message_slots import Content, Facts, event_of, facts_of, short_names, short_subject, slots_for
from app.publish.message_templates import Templates, letter_template, mail_layout
from app.publish.sms_text import phone_text, segments
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage_hooks import component_bodies, record_body, with_unsubscribe
from app.publish.ways_in import ways_in
from app.publish.wording import password_hint
from notifiers.base import Notice

SMS_MOST_SEGMENTS = 2
DRILL = "DRILL: "
OURS = Templates()


@dataclass(frozen=True, slots=True)
class Message:
    """One notice on one channel in one language. `body` is HTML without its layout, `more` follows `payload`."""

    language: str
    organisation: str
    subject: str = ""
    text: str = ""
    body: str = ""
    payload: Mapping[str, Any] | None = None
    more: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it. Both links are the recipient's own: to change the subscription, and to end it.

    `secret` is shared with a webhook's receiver.
    """

    delivery_id: str
    address: str
    manage_url: str = ""
    stop_url: str = ""
    secret: str = ""


def message_of(
    content: Content, snapshot: PublicSnapshot, channel: Channel, code: str, templates: Templates = OURS
) -> Message:
    """What a notice with this content says, read against the graph as it is now. A drill says so first.

    Raises:
        RefusedError: the page does not speak that language.
    """
    facts = facts_of(content, snapshot, code)
    match channel:
        case Channel.SMS:
            return Message(code, snapshot.organisation.name, text=sms_of(facts, templates))
        case Channel.WEBHOOK:
            return Message(code, snapshot.organisation.name, payload=_payload(facts))
        case Channel.STATUSPAGE:
            return _statuspage(facts)
        case Channel.EMAIL | Channel.SLACK | Channel.TEAMS | Channel.APPRISE:
            return _mail(facts, templates)


def addressed(message: Message, recipient: Recipient) -> Notice:
    """The message to one recipient, ready for the wire; mail gets its layout and its footer."""
    notice = Notice(
        delivery_id=recipient.delivery_id,
        address=recipient.address,
        subject=message.subject,
        text=message.text,
        payload=_own(message.payload, recipient) if message.payload else None,
        more=[_own(body, recipient) for body in message.more],
        secret=recipient.secret,
        language=message.language,
        unsubscribe_url=recipient.stop_url,
    )
    return _with_layout(notice, message, recipient) if message.body and _is_mail(recipient) else notice


def _own(body: Mapping[str, Any], recipient: Recipient) -> Mapping[str, Any]:
    """A webhook's body with the receiver's own links: where Statuspage has its one, or beside the facts."""
    if "meta" in body:
        return with_unsubscribe(dict(body), recipient.stop_url)
    return {**body, "subscription": {"manage": recipient.manage_url, "unsubscribe": recipient.stop_url}}


def sms_of(facts: Facts, templates: Templates = OURS) -> str:
    """The text message: one segment of GSM-7 when that can be had, never more than two.

    Names are shortened until it fits: first how many working services are named, then the name of
    what failed.
    """
    template, slots = templates.text(event_of(facts), facts.language.code), slots_for(facts)
    text = ""
    for works_length, name_length in _SHORTENINGS:
        slots["works"] = short_names(facts.doors or facts.working, works_length)
        slots["component"] = short_subject(facts.affected, name_length) or slots["title"][:name_length].rstrip()
        text = phone_text(_mark(facts) + _filled(template, slots))
        if segments(text) <= 1:
            break
    while segments(text) > SMS_MOST_SEGMENTS:
        text = text[:-1]
    return text


_SHORTENINGS = ((80, 40), (60, 40), (34, 22), (20, 22), (0, 22), (0, 16), (0, 10))
"""The most characters that name what works, and what failed."""


def _mark(facts: Facts) -> str:
    """What stands before everything else in a drill (R70)."""
    return DRILL if facts.content.get("is_drill") else ""


def _drill_words(facts: Facts) -> str:
    if not facts.content.get("is_drill"):
        return ""
    return _mark(facts) + facts.language.gettext("This is an exercise. Nothing is wrong; do nothing.") + "\n\n"


def _filled(template: str, slots: Mapping[str, str]) -> str:
    """A template filled in; "a las 9:42 p. m." at the end of a sentence needs no second full stop."""
    return re.sub(r"(?<![.])[.]{2}(?![.])", ".", fill(template, slots))


def _mail(facts: Facts, templates: Templates) -> Message:
    slots, template = slots_for(facts), templates.mail(event_of(facts), facts.language.code)
    opening = _drill_words(facts) + _filled(template.opening, slots)
    return Message(
        language=facts.language.code,
        organisation=slots["organisation"],
        subject=_mark(facts) + " ".join(fill(template.subject, slots).split()),
        text=_plain(facts, opening, slots),
        body=_html(facts, opening, slots),
    )


def _plain(facts: Facts, opening: str, slots: Mapping[str, str]) -> str:
    letter = letter_template(facts.language.code)
    doors = [f"- {name}: {url} ({hint})" for name, url, hint in _doors(facts)]
    parts = (
        opening,
        *(f"{title}\n{text}" if title else text for title, text in _words(facts)),
        "\n".join([f"{letter.doors}:", *doors]) if doors else "",
        _filled(letter.promise, slots),
        fill(letter.page, slots),
        *("\n".join(asked) for asked in _survey(facts)),
    )
    return "\n\n".join(filter(None, parts))


def _html(facts: Facts, opening: str, slots: Mapping[str, str]) -> Markup:
    letter = letter_template(facts.language.code)
    doors = Markup("").join(
        Markup('<li><a href="{}">{}</a> ({})</li>').format(url, name, hint) for name, url, hint in _doors(facts)
    )
    parts = (
        *(Markup("<p>{}</p>").format(line) for line in opening.splitlines() if line),
        *(_titled(title) + body_html(text) for title, text in _words(facts)),
        _titled(letter.doors) + Markup("<ul>{}</ul>").format(doors) if doors else "",
        Markup("<p><strong>{}</strong></p>").format(_filled(letter.promise, slots)) if slots["next"] else "",
        Markup('<p><a href="{}">{}</a></p>').format(slots["page"], fill(letter.page, slots)),
        *(Markup('<p><a href="{}">{}</a></p>').format(url, words) for words, url in _survey(facts)),
    )
    return Markup("\n").join(filter(None, parts))


def _survey(facts: Facts) -> list[tuple[str, str]]:
    """Once an outage is over: the words and the address of the two questions about it (R47)."""
    content, language = facts.content, facts.language
    if event_of(facts) is not MessageEvent.RESOLVED or content["kind"] == "maintenance" or content.get("is_drill"):
        return []
    path = in_language(survey_path(content["id"]), language.code)
    return [(language.gettext("Two questions: how did we do?"), absolute(facts.snapshot.public_url, path))]


def _titled(title: str) -> Markup:
    return Markup("<h2>{}</h2>").format(title) if title else Markup("")


def _words(facts: Facts) -> list[tuple[str, str]]:
    """The update's own text, the four headings (R31) and the footnote (R43), each once."""
    content, language = facts.content, facts.language
    titles = (
        language.gettext("What happened"),
        language.gettext("What we are doing"),
        language.gettext("What is affected"),
        language.gettext("How to reach what works"),
    )
    stated = [content.get(field, "").strip() for field in HEADING_FIELDS]
    body, footnote = content["body"].strip(), content.get("footnote", "").strip()
    words = [("", "" if body in stated else body), *zip(titles, stated, strict=True), ("", footnote)]
    return [(title, text) for title, text in words if text]


def _doors(facts: Facts) -> list[tuple[str, str, str]]:
    """Name, full address and password hint of every direct sign-in that is needed now."""
    places = ways_in(facts.snapshot, facts.language)
    return [
        (door.component.short_name, door.link.url, password_hint(door.link, facts.language))
        for door in places.doors
        if door.link.url
    ]


def _is_mail(recipient: Recipient) -> bool:
    """Chats get the words alone; their addresses are those of hooks."""
    return "://" not in recipient.address


def _with_layout(notice: Notice, message: Message, recipient: Recipient) -> Notice:
    """The mail in its HTML, with the recipient's own links at the foot of both parts."""
    letter = letter_template(message.language)
    offered = ((letter.manage, recipient.manage_url), (letter.stop, recipient.stop_url))
    links = [(words, url) for words, url in offered if url]
    why = fill(letter.why, {"organisation": message.organisation}) if links else message.organisation
    plain = "\n".join([why, *(f"{words}: {url}" for words, url in links)])
    marked = Markup("").join(Markup('<br><a href="{}">{}</a>').format(url, words) for words, url in links)
    layout = {
        "language": message.language,
        "subject": str(escape(message.subject)),
        "organisation": str(escape(message.organisation)),
        "body": message.body,
        "footer": escape(why) + marked,
    }
    html = fill(mail_layout(), layout)
    return replace(notice, text=f"{message.text}\n\n-- \n{plain}\n", html=html)


def _statuspage(facts: Facts) -> Message:
    snapshot, mark = facts.snapshot, _mark(facts)
    return Message(
        facts.language.code,
        snapshot.organisation.name,
        payload=record_body(snapshot, facts.content["id"], mark=mark),
        more=component_bodies(snapshot, facts.content, mark=mark),
    )


def _type_of(facts: Facts) -> str:
    if facts.content.get("is_drill"):
        return "drill.updated"
    return "maintenance.updated" if facts.content["kind"] == "maintenance" else "incident.updated"


def _payload(facts: Facts) -> dict[str, object]:
    """The body of a signed webhook: type, time and data, as Standard Webhooks asks."""
    slots = slots_for(facts)
    shown = {name: value for name, value in facts.content.items() if name != "severity"}  # a word of ours alone
    return {
        "type": _type_of(facts),
        "timestamp": facts.content["said_at"],
        "data": {**shown, "event": event_of(facts), "url": slots["page"], "page": facts.snapshot.public_url},
    }
