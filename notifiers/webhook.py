"""Signed webhooks, by the Standard Webhooks specification (standardwebhooks.com).

The receiver checks the signature with the secret it was shown at sign-up, and knows a repeated
message by `webhook-id`, which is the delivery's.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook

from notifiers.base import DeliveryError, Notice, Remedy
from notifiers.hooks import HookNotifier


class SignedWebhook(HookNotifier):
    """Posts `Notice.payload`, signed with `Notice.secret`, which only this receiver shares."""

    name = "webhook"
    repeatable = True

    def body_of(self, notice: Notice) -> Mapping[str, object]:
        """The payload as it is."""
        return notice.payload or {}

    def headers_of(self, notice: Notice, body: bytes) -> Mapping[str, str]:
        """Id, time and signature.

        Raises:
            DeliveryError: this receiver shares no secret with us.
        """
        if not notice.secret:
            words = "No secret is kept for this webhook. Sign it up again."
            raise DeliveryError(words, remedy=Remedy.FIX_ADDRESS, permanent=True, code="no_secret")
        now = datetime.now(UTC)
        return {
            "webhook-id": notice.delivery_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(notice.secret).sign(notice.delivery_id, now, body.decode()),
        }
