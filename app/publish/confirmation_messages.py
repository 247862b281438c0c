"""What an address is asked before anything else is sent to it.

A code by text, a link by mail and in a chat, and to a program a challenge whose token it gives back.

A text is one segment of GSM-7 in either language.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from app.domain.channels import Channel
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


def chat_words(language: Language, name: str, link: str, manage: str) -> ConfirmationWords:
    """The message in a chat, with the link to confirm and the one to change or end it later."""
    lead = language.gettext("Somebody asked %(name)s to post outage notices here.", name=name)
    act = language.gettext("If that is right, open this page within 24 hours and press the button:")
    later = language.gettext("To change or end it later:")
    return ConfirmationWords(
        text=f"{lead}\n\n{act}\n{link}\n\n{later}\n{manage}\n",
        subject=language.gettext("Confirm that %(name)s may tell you", name=name),
    )


def challenge_payload(
    channel: Channel, page: str, *, token: str, link: str, manage: str, stop: str, asked_at: datetime
) -> dict[str, object]:
    """The challenge to a program, in the shape it chose: it gives `token` back (docs/webhooks.md)."""
    challenge = {"token": token, "confirm_url": link, "page": page}
    if channel is Channel.STATUSPAGE:
        meta = {
            "unsubscribe": stop,
            "documentation": f"{page}/api/v2/summary.json",
            "generated_at": asked_at.isoformat(),
        }
        return {"meta": meta, "challenge": challenge}
    return {
        "type": "subscription.challenge",
        "timestamp": asked_at.isoformat(),
        "data": challenge,
        "subscription": {"manage": manage, "unsubscribe": stop},
    }
