"""Twilio's SDK over a fast HTTP client, shared by its texts and its calls: no second try of its own.

Twilio has no idempotency key. So the SDK's retries stay off (its own async client would post again
after a 503, and that is a second text), every call has a time limit, and whatever is uncertain is
`Remedy.RECONCILE`. Why this client: docs/adr/0009-two-http-clients.md.
"""

import logging
from datetime import timedelta
from typing import Any

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PyreqwestError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from notifiers.base import DeliveryError, Remedy
from notifiers.http import retry_after
from notifiers.twilio_codes import NOT_SIGNED_IN, failure, is_known

API_URL = "https://api.twilio.com"
UNREADABLE = (TwilioException, ValueError, KeyError, TypeError, AttributeError)
"""What the SDK raises for a refusal, and for answers that are not what it expects."""


class FastClient(AsyncHttpClient):  # type: ignore[misc]  # the SDK ships without types
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


def translated(error: Exception) -> DeliveryError:
    """An exception of the SDK in our words. An answer that it could not read is uncertain."""
    if not isinstance(error, TwilioRestException):
        return _uncertain("Twilio's answer could not be read.", "unreadable")
    code = str(error.code or error.status)
    if error.status in (401, 403) and not is_known(code):
        return failure(NOT_SIGNED_IN)
    return failure(code, error.msg.removeprefix("Unable to create record: "))
