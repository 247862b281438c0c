"""What a crash or a lost answer left unclear: the provider is asked before anything is sent again."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.domain.deliveries import (
    Ending,
    Outcome,
    ReceiptStatus,
    State,
    after_no_trace,
    after_silence,
    outcome_after_receipt,
)
from app.store.chunks import Result
from app.store.deliveries import DeliveryRow
from notifiers.base import DeliveryError, Notice, Notifier

CLOCKS_APART = timedelta(minutes=2)
"""How far the provider's clock may be from ours."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery that may have gone out: its message, its last attempt, and the deadline of its notice."""

    delivery_id: int
    number: int
    notice: Notice
    tried_at: datetime
    expires_at: datetime


async def settle_doubts(notifier: Notifier, doubts: Sequence[Doubt], now: datetime) -> list[Result]:
    """Ask the provider about each; none is sent here."""
    return list(await asyncio.gather(*(_settle(notifier, doubt, now) for doubt in doubts)))


async def _settle(notifier: Notifier, doubt: Doubt, now: datetime) -> Result:
    try:
        receipt = await notifier.find(doubt.notice, doubt.tried_at - CLOCKS_APART)
    except DeliveryError as error:
        verdict = after_silence(error.message, is_permanent=error.permanent, expires_at=doubt.expires_at, now=now)
        return Result(doubt.delivery_id, doubt.number, verdict)
    if receipt is None:
        luck = random.random()  # noqa: S311 - spreads retries, guards nothing
        return Result(doubt.delivery_id, doubt.number, after_no_trace(attempts=doubt.number, now=now, luck=luck))
    return Result(doubt.delivery_id, doubt.number, Ending(Outcome.SENT), receipt.provider_id)


def record_receipt(
    session: Session,
    delivery_id: int,
    status: ReceiptStatus,
    now: datetime,
    *,
    provider_id: str | None = None,
    code: str = "",
    words: str = "",
) -> bool:
    """Note what a provider said later about a delivery; False when it says nothing new.

    Receipts repeat and come in any order; one may also come before our own record of the call, or
    settle a delivery that was unknown.
    """
    row = session.get(DeliveryRow, delivery_id, with_for_update=True)
    if row is None or (provider_id and row.provider_id not in (None, provider_id)):
        return False
    outcome = outcome_after_receipt(Outcome(row.outcome) if row.outcome else None, status)
    if outcome is None:
        return False
    row.state, row.outcome, row.due_at, row.updated_at = State.ENDED, outcome, None, now
    row.provider_id = provider_id or row.provider_id
    row.reason, row.words = (code, words) if outcome is Outcome.FAILED else ("", "")
    return True
