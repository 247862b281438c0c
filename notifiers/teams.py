"""Microsoft Teams, through the Workflows app: an Adaptive Card posted to a workflow's address.

The old connectors of Office 365 take the same card. A workflow answers 202 before anything is shown.
"""

from collections.abc import Mapping

from notifiers.base import DeliveryError, Notice, Remedy
from notifiers.guard import check_url
from notifiers.hooks import HookNotifier

DOMAINS = (".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com")
_TEXT_LIMIT = 7_000
"""Characters; Teams refuses a message above 28 KB, and one character may take four bytes."""


class Teams(HookNotifier):
    """Posts the subject as a heading and the text below it."""

    name = "teams"

    def check(self, address: str) -> None:
        """Only Microsoft's own hosts.

        Raises:
            DeliveryError: any other.
        """
        host = check_url(address, range(65536)).hostname or ""
        if not host.endswith(DOMAINS):
            words = "This is not the address of a Teams workflow."
            raise DeliveryError(words, remedy=Remedy.FIX_ADDRESS, permanent=True, code="refused")

    def body_of(self, notice: Notice) -> Mapping[str, object]:
        """One message with one card."""
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "lang": notice.language,
            "fallbackText": notice.subject,
            "body": [
                {"type": "TextBlock", "text": notice.subject, "size": "Large", "weight": "Bolder", "wrap": True},
                *({"type": "TextBlock", "text": part, "wrap": True} for part in _paragraphs(notice.text)),
            ],
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        return {"type": "message", "attachments": [attachment]}


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text[:_TEXT_LIMIT].split("\n\n") if part.strip()]
