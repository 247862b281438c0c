"""What a member with a ticket is told: somebody is on it, an answer, it is over. In their language (R10, R11, R13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from app.domain.channels import Channel
from app.domain.tickets import LetterKind
from app.publish.confirmation_messages import ConfirmationWords
from app.publish.language import Language
from app.publish.sms_text import phone_text


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a letter is made of. `name` and `short_name` are the organisation's, `link` leads to the incident."""

    kind: LetterKind
    name: str
    short_name: str
    number: int
    service: str
    words: str = ""
    link: str = ""
    phone: str = ""


def letter_words(language: Language, channel: Channel, facts: LetterFacts) -> ConfirmationWords:
    """The letter as a text message, or as a mail."""
    if channel is Channel.SMS:
        said = f"{facts.short_name} T-{facts.number}: {_sentence(language, facts)}"
        return ConfirmationWords(phone_text(" ".join(filter(None, (said, facts.link)))))
    lines = [_sentence(language, facts), facts.link, _closing(language, facts)]
    paragraphs = [line for line in lines if line]
    return ConfirmationWords(
        text="\n\n".join(paragraphs) + "\n",
        subject=f"[T-{facts.number}] {_subject(language, facts)}",
        html=_html(language, paragraphs),
    )


def understood(language: Language) -> str:
    """What leads to the member's problem in an answer (`app.domain.reply_words.Reply.as_text`)."""
    return language.gettext("This is what we understood: %(problem)s", problem="{}")


def copy_words(language: Language, meant_for: Channel, facts: LetterFacts) -> ConfirmationWords:
    """The service manager's copy (R23), in English as the console speaks it."""
    how = "by text" if meant_for is Channel.SMS else "by mail"
    paragraphs = [f"The member of ticket T-{facts.number} was told {how}:", _sentence(language, facts), facts.link]
    paragraphs = [line for line in paragraphs if line]
    return ConfirmationWords(
        text="\n\n".join(paragraphs) + "\n",
        subject=f"Copy: [T-{facts.number}] {_subject(language, facts)}",
        html=_html(language, paragraphs),
    )


def screen_share_words(language: Language, times: Sequence[datetime]) -> str:
    """The offer to look at it together, with times to choose from; never a doubt that it happens (R13)."""
    offered = "; ".join(f"{language.weekday(at)} {language.time_and_zone(at)}" for at in times)
    return language.gettext(
        "May we look at it together on your screen? We could at: %(times)s. Answer with the time that suits you.",
        times=offered,
    )


def _sentence(language: Language, facts: LetterFacts) -> str:
    if facts.kind is LetterKind.ON_IT:
        return language.gettext("Somebody is on it: your trouble with %(service)s.", service=facts.service)
    if facts.kind is LetterKind.SOLVED:
        return language.gettext("The trouble with %(service)s is over.", service=facts.service)
    return facts.words


def _subject(language: Language, facts: LetterFacts) -> str:
    if facts.kind is LetterKind.ON_IT:
        return language.gettext("Somebody is on it: %(service)s", service=facts.service)
    if facts.kind is LetterKind.SOLVED:
        return language.gettext("Over: %(service)s", service=facts.service)
    return language.gettext("About your trouble with %(service)s", service=facts.service)


def _closing(language: Language, facts: LetterFacts) -> str:
    if not facts.phone:
        return facts.name
    return language.gettext("%(name)s, help desk %(phone)s", name=facts.name, phone=facts.phone)


def _html(language: Language, paragraphs: Sequence[str]) -> str:
    body = "".join(f"<p>{_linked(line)}</p>" for line in paragraphs)
    return f'<!DOCTYPE html><html lang="{language.code}"><body>{body}</body></html>'


def _linked(line: str) -> str:
    said = escape(line).replace("\n", "<br>")
    return f'<a href="{said}">{said}</a>' if line.startswith(("https://", "http://")) and " " not in line else said
