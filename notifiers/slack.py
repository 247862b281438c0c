"""Slack, through incoming webhooks (https://api.slack.com/messaging/webhooks)."""

import re
from collections.abc import Mapping

from notifiers.base import DeliveryError, Notice, Remedy
from notifiers.guard import check_url
from notifiers.hooks import HookNotifier

HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})

# Slack refuses longer texts whole.
_HEADER_LIMIT = 150
_SECTION_LIMIT = 3000
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Slack(HookNotifier):
    """Posts the subject as a heading and the text below it."""

    name = "slack"

    def check(self, address: str) -> None:
        """Only Slack's own hosts.

        Raises:
            DeliveryError: any other.
        """
        # The port is left to the client, which asks about it as well.
        if check_url(address, range(65536)).hostname not in HOSTS:
            words = "This is not an incoming webhook of Slack."
            raise DeliveryError(words, remedy=Remedy.FIX_ADDRESS, permanent=True, code="refused")

    def body_of(self, notice: Notice) -> Mapping[str, object]:
        """Blocks, and a plain line for the phone's lock screen."""
        # Markup of Slack in what people typed (<!channel>) stays the characters that were typed.
        heading = {"type": "plain_text", "text": _cut(notice.subject, _HEADER_LIMIT), "emoji": False}
        words = {"type": "mrkdwn", "text": _cut(notice.text.translate(_ESCAPES), _SECTION_LIMIT)}
        return {
            "text": notice.subject.translate(_ESCAPES),
            "blocks": [{"type": "header", "text": heading}, {"type": "section", "text": words}],
        }


def _cut(text: str, most: int) -> str:
    """The text in at most so many characters, never ending inside an escape."""
    return text if len(text) <= most else re.sub(r"&\w*$", "", text[: most - 3]).rstrip() + "..."
