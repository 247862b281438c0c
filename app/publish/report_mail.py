"""The mail that brings a finished report to somebody outside (R62)."""

from html import escape

from app.publish.confirmation_messages import ConfirmationWords


def report_mail_words(organisation: str, name: str, title: str, link: str) -> ConfirmationWords:
    """The mail with the reader's own link."""
    lead = f"{name}, {organisation} has finished its report on “{title}”."
    act = "Read it here. A button at its end tells us that you have:"
    otherwise = "The link is yours alone; please do not pass it on."
    paragraphs = (escape(lead), f'{escape(act)}<br><a href="{escape(link)}">{escape(link)}</a>', escape(otherwise))
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return ConfirmationWords(
        text=f"{lead}\n\n{act}\n{link}\n\n{otherwise}\n",
        subject=f"Report from {organisation}: {title}",
        html=f'<!DOCTYPE html><html lang="en"><body>{body}</body></html>',
    )
