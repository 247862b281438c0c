"""How one update will look on every channel, made by the very code that sends and prints it."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from app.domain.channels import Channel
from app.domain.incidents import Incident
from app.publish.addresses import host
from app.publish.feeds import newest_entry
from app.publish.html import render
from app.publish.language import Language
from app.publish.message_slots import Content, Facts, facts_of
from app.publish.message_templates import Templates
from app.publish.messages import Message, message_of
from app.publish.sms_text import is_gsm, segments
from app.publish.snapshot import PublicSnapshot
from app.publish.speech import phone_script

READ_ALOUD = 14
"""Characters a calm voice says in a second (notices.md, "Phone": 420 in thirty seconds)."""

SOCIAL_MOST = 280


@dataclass(frozen=True, slots=True)
class TextPreview:
    """The text message in one language, and what a phone company makes of it."""

    language: str
    text: str
    segments: int
    is_gsm: bool

    @property
    def characters(self) -> int:
        """How long it is."""
        return len(self.text)

    @property
    def encoding(self) -> str:
        """The alphabet it is sent in."""
        return "GSM-7" if self.is_gsm else "UCS-2"


@dataclass(frozen=True, slots=True)
class Previews:
    """One update on every channel. `page` and `feed` are safe HTML."""

    texts: tuple[TextPreview, ...]
    mail: Message
    phone: tuple[str, ...]
    social: str
    feed_title: str
    feed: Markup
    page: Markup

    @property
    def spoken_seconds(self) -> int:
        """How long the announcement takes."""
        return -(-len(" ".join(self.phone)) // READ_ALOUD)

    @property
    def segments(self) -> int:
        """How many messages one text is billed as, in the language in which it is longest."""
        return max((text.segments for text in self.texts), default=0)


def previews(
    snapshot: PublicSnapshot,
    incident: Incident,
    content: Content,
    written: Mapping[tuple[str, str, str], Mapping[str, str]],
) -> Previews:
    """The newest update of `incident`, which stands in `snapshot`, on every channel.

    `content` is what its notice carries, `written` are the organisation's own templates.
    """
    languages = snapshot.organisation.languages
    own, templates = languages[0], Templates(written)
    mail = message_of(content, snapshot, Channel.EMAIL, own, templates)
    entry = newest_entry(snapshot, incident)
    return Previews(
        texts=tuple(_text(content, snapshot, code, templates) for code in languages),
        mail=mail,
        phone=tuple(phone_script(snapshot, own)),
        social=social_text(facts_of(content, snapshot, own), mail),
        feed_title=entry.title,
        feed=entry.html,
        page=_page(snapshot, incident, own),
    )


def social_text(facts: Facts, mail: Message) -> str:
    """What can be copied into a social network: the news, what works, when more comes, and where."""
    language = facts.language
    site = language.gettext("Links and news: %(site)s.", site=host(facts.snapshot.public_url))
    promised = facts.told("next_update_at")
    following = language.gettext("Next update by %(time)s.", time=promised) if promised else ""
    for most in range(len(facts.doors), -1, -1):
        names = language.names([item.short_name for item in facts.doors[:most]])
        working = language.gettext("Working, with their own sign-in: %(names)s.", names=names) if most else ""
        text = " ".join(filter(None, (f"{mail.subject}.", working, following, site)))
        if len(text) <= SOCIAL_MOST:
            break
    return text


def _text(content: Content, snapshot: PublicSnapshot, code: str, templates: Templates) -> TextPreview:
    text = message_of(content, snapshot, Channel.SMS, code, templates).text
    return TextPreview(code, text, segments(text), is_gsm(text))


def _page(snapshot: PublicSnapshot, incident: Incident, code: str) -> Markup:
    """The incident as the front page shows it."""
    fragment = render(
        "fragment.html",
        Language(code, snapshot.organisation.zone),
        path="/",
        organisation=snapshot.organisation,
        as_of=snapshot.as_of,
        incident=incident,
    )
    return Markup(fragment.decode())  # noqa: S704 - our own template, which escapes
