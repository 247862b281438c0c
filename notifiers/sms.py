"""Texts through Twilio: the official SDK over a fast HTTP client, and never a second try of its own.

Twilio has no idempotency key for messages. So the SDK's retries stay off (its own async client would
post again after a 503, and that is a second text), every call has a time limit, and whatever is
uncertain is `Remedy.RECONCILE`: look into Twilio's log (`find`) before anything is sent again.
Why this client: docs/adr/0009-two-http-clients.md.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from twilio.rest import Client as Twilio
from twilio.rest.api.v2010.account.message import MessageInstance

from notifiers.base import DeliveryError, Notice, Outcome, Receipt
from notifiers.twilio_client import API_URL, UNREADABLE, FastClient, translated

BATCH = 50
_CLOCKS_APART = timedelta(minutes=2)
_LOG_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the texts come from: a number of ours, or a messaging service that picks one."""

    number: str = ""
    messaging_service_sid: str = ""

    def parameters(self) -> dict[str, str]:
        """As the SDK takes it; the service wins where both are given."""
        if self.messaging_service_sid:
            return {"messaging_service_sid": self.messaging_service_sid}
        return {"from_": self.number}


class TwilioSms:
    """The SMS channel.

    `status_url` is where Twilio reports what became of a text, below our configured public URL; the
    delivery id is added to it. `valid_for` is how long Twilio may hold a text in its own queue:
    news of an outage must not arrive in the afternoon.
    """

    name = "sms"
    batch = BATCH

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: Sender,
        *,
        status_url: str = "",
        api_url: str = API_URL,
        timeout: float = 15.0,
        valid_for: timedelta = timedelta(hours=1),
    ) -> None:
        self._sender = sender
        self._status_url = status_url
        self._valid_for = valid_for
        self._http = FastClient(timeout)
        self._twilio = Twilio(account_sid, auth_token, http_client=self._http)
        self._twilio.api.base_url = api_url.rstrip("/")

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """One text each, all at once."""
        return await asyncio.gather(*map(self._send_one, notices))

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:
        """Search Twilio's log for the same words to the same number, not older than `since`.

        Only the number is asked for: a text that still waits in Twilio's queue has no sending date
        to select by, and must not be missed. The date it was created on is compared here.
        """
        try:
            logged = await self._twilio.messages.list_async(to=notice.address, limit=_LOG_LIMIT)
        except UNREADABLE as error:
            raise translated(error) from error
        earliest = since.astimezone(UTC) - _CLOCKS_APART
        return next((_receipt(text) for text in logged if _is_ours(text, notice, earliest)), None)

    async def close(self) -> None:
        """Close the connections to Twilio."""
        await self._http.close()

    async def _send_one(self, notice: Notice) -> Outcome:
        try:
            text = await self._twilio.messages.create_async(
                to=notice.address,
                body=notice.text,
                validity_period=int(self._valid_for.total_seconds()),
                **self._sender.parameters(),
                **self._callback(notice),
            )
            return _receipt(text)
        except DeliveryError as error:
            return error
        except UNREADABLE as error:
            return translated(error)

    def _callback(self, notice: Notice) -> dict[str, str]:
        if not self._status_url:
            return {}
        return {"status_callback": f"{self._status_url}?{urlencode({'delivery': notice.delivery_id})}"}


def _receipt(text: MessageInstance) -> Receipt:
    if not text.sid:
        raise ValueError("an answer without the message's SID")
    return Receipt(text.sid, is_final=False)


def _is_ours(text: MessageInstance, notice: Notice, earliest: datetime) -> bool:
    created: datetime | None = text.date_created
    return text.body == notice.text and created is not None and created >= earliest
