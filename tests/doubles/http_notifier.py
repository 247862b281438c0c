"""A notifier for the provider of provider.py: the smallest thing that keeps the contract."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PyreqwestError

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy

_REFUSED = {
    400: ("21211", Remedy.FIX_ADDRESS, True),
    401: ("20003", Remedy.STOP_CHANNEL, False),
    403: ("21610", Remedy.OPTED_OUT, True),
    429: ("20429", Remedy.RETRY, False),
}


class HttpNotifier:
    """Posts each notice once, and never again by itself."""

    batch = 50

    def __init__(self, name: str, url: str, seconds: float = 20.0) -> None:
        self.name = name
        self._url = url
        self._seconds = seconds
        self._opened: Client | None = None

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        return await asyncio.gather(*map(self._post, notices))

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:
        try:
            request = self._client.get(f"{self._url}/messages").query({"id": notice.delivery_id})
            answer = await request.build().send()
            sids = (await answer.json())["sids"]
        except PyreqwestError as error:
            raise DeliveryError("The provider cannot be asked.", remedy=Remedy.RECONCILE) from error
        return Receipt(sids[0]) if sids else None

    async def close(self) -> None:
        if self._opened:
            await self._opened.close()

    @property
    def _client(self) -> Client:
        if self._opened is None:
            self._opened = ClientBuilder().timeout(timedelta(seconds=self._seconds)).no_proxy().build()
        return self._opened

    async def _post(self, notice: Notice) -> Outcome:
        body = {"id": notice.delivery_id, "to": notice.address, "text": notice.text}
        try:
            answer = await self._client.post(f"{self._url}/messages").body_json(body).build().send()
            return _outcome(answer.status, await answer.bytes(), answer.headers.get("Retry-After"))
        except PyreqwestError as error:
            return _broken_off(error)


def _broken_off(error: PyreqwestError) -> DeliveryError:
    """Only what never connected is known not to have gone out."""
    causes = error.details["causes"] or [] if isinstance(error, DetailedPyreqwestError) else []
    if any(cause["message"] == "client error (Connect)" for cause in causes):
        return DeliveryError("The provider cannot be reached.", remedy=Remedy.RETRY)
    return DeliveryError("The answer was lost.", remedy=Remedy.RECONCILE)


def _outcome(status: int, body: object, retry_after: str | None) -> Outcome:
    if status == 201:
        try:
            return Receipt(json.loads(bytes(body))["sid"])
        except (ValueError, KeyError):
            return DeliveryError("The answer makes no sense.", remedy=Remedy.RECONCILE)
    if status not in _REFUSED:
        return DeliveryError(f"The provider answered {status}.", remedy=Remedy.RECONCILE, code=str(status))
    code, remedy, permanent = _REFUSED[status]
    after = float(retry_after) if retry_after else None
    return DeliveryError("The provider refused.", remedy=remedy, permanent=permanent, code=code, retry_after=after)
