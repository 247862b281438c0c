"""Provider calls, and what their answers mean for the ledger. No transaction is open in here."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.deliveries import Ending, Fault, Later, Outcome, Reason, State, after_fault
from app.domain.errors import PorchlightError
from app.store.chunks import Claimed, Result
from app.store.notices import NoticeRow
from notifiers.base import DeliveryError, Notice, Notifier, Receipt, Remedy
from notifiers.base import Outcome as Answer

Compose = Callable[[NoticeRow, Claimed], Notice]
"""Makes what goes on the wire from a notice and one recipient.

Raises PorchlightError when the address cannot be read.
"""

TRY_STOPPED_AGAIN = timedelta(minutes=1)

_log = logging.getLogger("porchlight.deliver")


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery in hand with its message."""

    claimed: Claimed
    notice: Notice


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a delivery, and the error that its whole sender or its subscription must heed."""

    result: Result
    subscription_id: int
    error: DeliveryError | None = None


def compose_all(compose: Compose, notice: NoticeRow, claimed: Sequence[Claimed]) -> tuple[list[Letter], list[Answered]]:
    """The messages, and the deliveries for which none can be made."""
    letters: list[Letter] = []
    lost: list[Answered] = []
    for item in claimed:
        try:
            letters.append(Letter(item, compose(notice, item)))
        except PorchlightError as error:
            ending = Ending(Outcome.FAILED, Reason.UNREADABLE, str(error))
            lost.append(Answered(Result(item.delivery_id, _number(item), ending), item.subscription_id))
    return letters, lost


async def send_all(notifier: Notifier, letters: Sequence[Letter], limit: timedelta) -> list[Answer]:
    """What became of each, in the same order: as many calls at once as it takes, each within the limit."""
    parts = [letters[start : start + notifier.batch] for start in range(0, len(letters), notifier.batch)]
    answers = await asyncio.gather(*(_call(notifier, [item.notice for item in part], limit) for part in parts))
    return [answer for part in answers for answer in part]


async def _call(notifier: Notifier, notices: Sequence[Notice], limit: timedelta) -> Sequence[Answer]:
    """One call; whatever goes wrong in it, its notices may have gone out."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            answers = await notifier.send(notices)
    except TimeoutError:
        return [_unclear("The provider did not answer in time.")] * len(notices)
    except Exception:
        _log.exception("the notifier for %s failed", notifier.name)
        return [_unclear("The call to the provider broke off.")] * len(notices)
    if len(answers) != len(notices):
        _log.error("the notifier for %s gave %d answers for %d notices", notifier.name, len(answers), len(notices))
        return [_unclear("The provider's answer could not be read.")] * len(notices)
    return answers


def _unclear(words: str) -> DeliveryError:
    return DeliveryError(words, remedy=Remedy.RECONCILE)


def judge(letter: Letter, answer: Answer, *, expires_at: datetime, now: datetime, ask_after: timedelta) -> Answered:
    """What an answer means for one delivery."""
    item = letter.claimed
    if isinstance(answer, Receipt):
        result = Result(item.delivery_id, _number(item), Ending(Outcome.SENT), answer.provider_id)
        return Answered(result, item.subscription_id)
    verdict = _verdict(answer, _number(item), expires_at, now, ask_after)
    return Answered(Result(item.delivery_id, _number(item), verdict), item.subscription_id, answer)


def _verdict(
    error: DeliveryError, attempts: int, expires_at: datetime, now: datetime, ask_after: timedelta
) -> Ending | Later:
    if error.remedy is Remedy.OPTED_OUT:
        return Ending(Outcome.SUPPRESSED, Reason.OPTED_OUT, error.message)
    if error.remedy is Remedy.STOP_CHANNEL:
        return Later(now + TRY_STOPPED_AGAIN, State.WAITING, error.code, error.message)
    fault = Fault(
        words=error.message,
        code=error.code,
        is_permanent=error.permanent,
        is_unclear=error.remedy is Remedy.RECONCILE,
        retry_after=error.retry_after,
    )
    luck = random.random()  # noqa: S311 - spreads retries, guards nothing
    return after_fault(fault, attempts=attempts, expires_at=expires_at, now=now, luck=luck, ask_after=ask_after)


def _number(item: Claimed) -> int:
    """The attempt that is being made, or that is asked about."""
    return item.attempts + 1 if item.state is State.WAITING else item.attempts
