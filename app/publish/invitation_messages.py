"""The mail that asks somebody to join the console. Staff read English, as the console speaks it."""

from html import escape

from app.publish.confirmation_messages import ConfirmationWords


def invitation_words(organisation: str, name: str, role: str, link: str, until: str) -> ConfirmationWords:
    """The mail with the link; `role` and `until` are in words."""
    lead = f"{name}, you are asked to help keep the members of {organisation} told, as {role}."
    act = f"Open this page to choose a password. It works once, until {until}:"
    otherwise = "If you expected nothing of the kind, do nothing and tell whoever runs the page."
    paragraphs = (escape(lead), f'{escape(act)}<br><a href="{escape(link)}">{escape(link)}</a>', escape(otherwise))
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return ConfirmationWords(
        text=f"{lead}\n\n{act}\n{link}\n\n{otherwise}\n",
        subject=f"You are invited to the status console of {organisation}",
        html=f'<!DOCTYPE html><html lang="en"><body>{body}</body></html>',
    )
