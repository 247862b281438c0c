"""A notifier for the provider of provider.py: the smallest thing that keeps the contract."""

import json
from collections.abc import Sequence
from datetime import datetime

import aiohttp

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy

_REFUSED = {
    400: ("21211", Remedy.FIX_ADDRESS, True),
    401: ("20003", Remedy.STOP_CHANNEL, False),
    403: ("21610", Remedy.OPTED_OUT, True),
    429: ("20429", Remedy.RETRY, False),
}


class HttpNotifier:
    """Posts each notice once, and never again by itself."""

    batch = 1

    def __init__(self, name: str, url: str, seconds: float = 20.0) -> None:
        self.name = name
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        return [await self._post(notice) for notice in notices]

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:
        try:
            async with self._open().get(f"{self._url}/messages", params={"id": notice.delivery_id}) as answer:
                sids = (await answer.json())["sids"]
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DeliveryError("The provider cannot be asked.", remedy=Remedy.RECONCILE) from error
        return Receipt(sids[0]) if sids else None

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=500), timeout=self._timeout, auto_decompress=False
            )
        return self._session

    async def _post(self, notice: Notice) -> Outcome:
        body = {"id": notice.delivery_id, "to": notice.address, "text": notice.text}
        try:
            async with self._open().post(f"{self._url}/messages", json=body) as answer:
                return _outcome(answer.status, await answer.read(), answer.headers.get("Retry-After"))
        except aiohttp.ClientConnectorError:
            return DeliveryError("The provider cannot be reached.", remedy=Remedy.RETRY)
        except (aiohttp.ClientError, TimeoutError):
            return DeliveryError("The answer was lost.", remedy=Remedy.RECONCILE)


def _outcome(status: int, body: bytes, retry_after: str | None) -> Outcome:
    if status == 201:
        try:
            return Receipt(json.loads(body)["sid"])
        except (ValueError, KeyError):
            return DeliveryError("The answer makes no sense.", remedy=Remedy.RECONCILE)
    if status not in _REFUSED:
        return DeliveryError(f"The provider answered {status}.", remedy=Remedy.RECONCILE, code=str(status))
    code, remedy, permanent = _REFUSED[status]
    after = float(retry_after) if retry_after else None
    return DeliveryError("The provider refused.", remedy=remedy, permanent=permanent, code=code, retry_after=after)
