"""Signed webhooks, by the Standard Webhooks specification (standardwebhooks.com).

The receiver checks the signature with the secret it was shown at sign-up, and knows a repeated
message by `webhook-id`, which is the delivery's.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook

from notifiers.base import Notice
from notifiers.hooks import HookNotifier
from notifiers.http import GuardedClient


def webhook_secret(key: bytes, address: str) -> str:
    """The secret shared with the receiver at this address: "whsec_...".

    Derived from the installation's key, so that nothing needs to be stored and no receiver can
    forge a message to another.
    """
    digest = hmac.digest(key, b"webhook\0" + address.encode(), "sha256")
    return "whsec_" + base64.b64encode(digest).decode()


class SignedWebhook(HookNotifier):
    """Posts `Notice.payload`. `key` is the installation's own, at least 32 bytes of it secret."""

    name = "webhook"
    repeatable = True

    def __init__(self, client: GuardedClient, key: bytes) -> None:
        super().__init__(client)
        self._key = key

    def body_of(self, notice: Notice) -> Mapping[str, object]:
        """The payload as it is."""
        return notice.payload or {}

    def headers_of(self, notice: Notice, body: bytes) -> Mapping[str, str]:
        """Id, time and signature."""
        now = datetime.now(UTC)
        signature = Webhook(webhook_secret(self._key, notice.address)).sign(notice.delivery_id, now, body.decode())
        return {
            "webhook-id": notice.delivery_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
