"""What every webhook channel shares: post to a stranger's address, and understand the answer."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy
from notifiers.http import Answer, GuardedClient, retry_after

BATCH = 50


class HookNotifier:
    """One kind of webhook: a subclass says what is posted, and who may receive it.

    `repeatable`: the receiver knows a repeated message by its id, so that what is uncertain is
    simply sent again.
    """

    name = "hook"
    batch = BATCH
    repeatable = False

    def __init__(self, client: GuardedClient) -> None:
        self._client = client

    def body_of(self, notice: Notice) -> Mapping[str, object]:
        """What is posted, as JSON-ready values."""
        raise NotImplementedError

    def headers_of(self, notice: Notice, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 - for subclasses
        """More headers for this body."""
        return {}

    def check(self, address: str) -> None:
        """Refuse an address that this kind of hook never has.

        Raises:
            DeliveryError: permanent, with the reason in words.
        """

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """One request each, all at once; the client limits how many go to one receiver."""
        return await asyncio.gather(*map(self._send_one, notices))

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:  # noqa: ARG002 - the contract's
        """None: receivers keep no log that we could ask."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _send_one(self, notice: Notice) -> Outcome:
        """Every body of a notice in order; the first that is not taken ends it."""
        for fields in (self.body_of(notice), *notice.more):
            body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            try:
                self.check(notice.address)
                headers = {"Content-Type": "application/json", **self.headers_of(notice, body)}
                answer = await self._client.post(notice.address, body, headers)
            except DeliveryError as error:
                return self._settled(error)
            failure = failure_of(answer, repeatable=self.repeatable) or _unproved(answer, notice)
            if failure:
                return failure
        return Receipt(notice.delivery_id, is_final=True)

    def _settled(self, error: DeliveryError) -> DeliveryError:
        if self.repeatable and error.remedy is Remedy.RECONCILE:
            error.remedy = Remedy.RETRY
        return error


def _unproved(answer: Answer, notice: Notice) -> DeliveryError | None:
    """A receiver that takes a challenge without giving its token back has proved nothing.

    The token comes alone or as {"token": ...}: whoever merely repeats what was posted does not pass.
    """
    if not notice.challenge or notice.challenge in _tokens(answer.body):
        return None
    words = "The receiver did not give the token back."
    return DeliveryError(words, remedy=Remedy.FIX_ADDRESS, permanent=True, code="unproved")


def _tokens(body: bytes) -> set[str]:
    text = body.decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except ValueError:
        return {text}
    given = found.get("token") if isinstance(found, dict) else found
    return {given} if isinstance(given, str) else set()


def failure_of(answer: Answer, *, repeatable: bool) -> DeliveryError | None:
    """What an answer to a hook means; None when it was taken.

    `repeatable`: the receiver knows a repeated message by its id, so that what is uncertain may
    simply be sent again.
    """
    status, code = answer.status, str(answer.status)
    if 200 <= status < 300:
        return None
    if status == 429:
        return DeliveryError(
            "The receiver asks us to slow down.",
            remedy=Remedy.RETRY,
            code=code,
            retry_after=retry_after(answer.headers.get("retry-after")),
        )
    if status >= 500:
        remedy = Remedy.RETRY if repeatable else Remedy.RECONCILE
        return DeliveryError(f"The receiver failed with status {status}.", remedy=remedy, code=code)
    if status in (408, 425):
        return DeliveryError("The receiver was not ready.", remedy=Remedy.RETRY, code=code)
    return DeliveryError(_words_for(status), remedy=Remedy.FIX_ADDRESS, permanent=True, code=code)


def _words_for(status: int) -> str:
    if status in (404, 410):
        return "This hook no longer exists."
    if status in (401, 403):
        return "The receiver refuses us."
    if 300 <= status < 400:
        return "The address answers with a redirect, which is not followed. Give the address it leads to."
    return f"The receiver refused the message with status {status}."
