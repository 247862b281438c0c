"""Texts through Twilio: the official SDK over a fast HTTP client, and never a second try of its own.

Twilio has no idempotency key for messages. So the SDK's retries stay off (its own async client would
post again after a 503, and that is a second text), every call has a time limit, and whatever is
uncertain is `Remedy.RECONCILE`: look into Twilio's log (`find`) before anything is sent again.
Why this client: docs/adr/0009-two-http-clients.md.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PyreqwestError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client as Twilio
from twilio.rest.api.v2010.account.message import MessageInstance

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from notifiers.http import retry_after
from notifiers.twilio_codes import NOT_SIGNED_IN, failure, is_known

API_URL = "https://api.twilio.com"
BATCH = 50
_CLOCKS_APART = timedelta(minutes=2)
_LOG_LIMIT = 100
_UNREADABLE = (TwilioException, ValueError, KeyError, TypeError, AttributeError)
"""What the SDK raises for a refusal, and for answers that are not what it expects."""


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
        self._http = _FastClient(timeout)
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
        except _UNREADABLE as error:
            raise _translated(error) from error
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
        except _UNREADABLE as error:
            return _translated(error)

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


class _FastClient(AsyncHttpClient):  # type: ignore[misc]  # the SDK ships without types
    """The SDK's transport on pyreqwest: no retries, no redirects, no proxies, a limit on every call.

    What the SDK's exceptions cannot carry (Retry-After, whether the request ever left) is told by
    raising our own error from here; the SDK lets it through. Nothing is logged: the requests hold
    telephone numbers.
    """

    def __init__(self, timeout: float) -> None:
        super().__init__(logging.getLogger(__name__), True, timeout)
        self._client: Client = (
            ClientBuilder()
            .timeout(timedelta(seconds=timeout))
            .connect_timeout(timedelta(seconds=timeout / 2))
            .follow_redirects(False)
            .no_proxy()
            .build()
        )

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - one limit holds for every call
        allow_redirects: bool = False,  # noqa: ARG002 - never
    ) -> Response:
        """One exchange.

        Raises:
            DeliveryError: no answer, an answer of 429, 3xx or 5xx.
        """
        request: Any = self._client.request(method, url).headers(headers or {})
        request = request.query(_texts(params)) if params else request
        request = request.form(_texts(data)) if data else request
        request = request.basic_auth(*auth) if auth else request
        try:
            answer = await request.build().send()
            text = await answer.text()
        except PyreqwestError as error:
            raise _broken_off(error) from error
        if trouble := _trouble(answer.status, answer.get_header("retry-after")):
            raise trouble
        return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def _broken_off(error: PyreqwestError) -> DeliveryError:
    """Whether the request ever left. The *class* of the error does not say so.

    pyreqwest 0.15 calls a connection that closes after the request was sent a ConnectError, and the
    time limit of the whole exchange a ConnectTimeoutError. Only the cause below is a failure to
    connect at all; whatever else, and whatever a later version may call it, is uncertain.
    """
    causes = error.details["causes"] or [] if isinstance(error, DetailedPyreqwestError) else []
    if any(cause["message"] == _NEVER_CONNECTED for cause in causes):
        return DeliveryError("Twilio cannot be reached.", remedy=Remedy.RETRY, code="unreachable")
    return _uncertain("The connection to Twilio broke off before the answer.", "broken")


_NEVER_CONNECTED = "client error (Connect)"


def _texts(values: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _trouble(status: int, wait: str | None) -> DeliveryError | None:
    """What an answer means where its status alone says it."""
    if status == 429:
        words = "Twilio asks us to slow down."
        return DeliveryError(words, remedy=Remedy.RETRY, code="20429", retry_after=retry_after(wait))
    if status >= 500 or 300 <= status < 400:
        return _uncertain(f"Twilio answered with status {status}.", str(status))
    return None


def _uncertain(words: str, code: str) -> DeliveryError:
    return DeliveryError(words, remedy=Remedy.RECONCILE, code=code)


def _translated(error: Exception) -> DeliveryError:
    """An exception of the SDK in our words. An answer that it could not read is uncertain."""
    if not isinstance(error, TwilioRestException):
        return _uncertain("Twilio's answer could not be read.", "unreadable")
    code = str(error.code or error.status)
    if error.status in (401, 403) and not is_known(code):
        return failure(NOT_SIGNED_IN)
    return failure(code, error.msg.removeprefix("Unable to create record: "))
