"""Webhooks in Statuspage's shape, for receivers that were written for it.

Unsigned, as Statuspage's are. A message tells a state, so that hearing it twice changes nothing. One
notice is one body about the record, and one more for each component whose status changed.
"""

from collections.abc import Mapping

from notifiers.base import Notice
from notifiers.hooks import HookNotifier


class StatuspageWebhook(HookNotifier):
    """Posts `Notice.payload`, which has the shape already."""

    name = "statuspage_webhook"
    repeatable = True

    def body_of(self, notice: Notice) -> Mapping[str, object]:
        """The payload as it is."""
        return notice.payload or {}
