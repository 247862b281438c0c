"""What an address is asked before anything else is sent to it: a code by text, a link by mail.

A text is one segment of GSM-7 in either language.
"""

from dataclasses import dataclass
from html import escape

from app.publish.language import Language
from app.publish.sms_text import phone_text


@dataclass(frozen=True, slots=True)
class ConfirmationWords:
    """The words of one confirmation; a text has no subject and no HTML."""

    text: str
    subject: str = ""
    html: str = ""


def code_words(language: Language, name: str, code: str) -> ConfirmationWords:
    """The text message with the code. `name` is the organisation's short name."""
    said = language.gettext(
        "%(name)s: your code is %(code)s, good for 30 minutes. Not yours? Ignore this and nothing is sent.",
        name=name,
        code=code,
    )
    return ConfirmationWords(phone_text(said))


def link_words(language: Language, name: str, link: str) -> ConfirmationWords:
    """The mail with the link. `name` is the organisation's whole name."""
    lead = language.gettext("Somebody asked %(name)s to send outage notices to this address.", name=name)
    act = language.gettext("If it was you, open this page within 24 hours and press the button:")
    otherwise = language.gettext("If it was not you, do nothing; nothing more will be sent.")
    paragraphs = (escape(lead), f'{escape(act)}<br><a href="{escape(link)}">{escape(link)}</a>', escape(otherwise))
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return ConfirmationWords(
        text=f"{lead}\n\n{act}\n{link}\n\n{otherwise}\n",
        subject=language.gettext("Confirm that %(name)s may tell you", name=name),
        html=f'<!DOCTYPE html><html lang="{language.code}"><body>{body}</body></html>',
    )
