"""Deliveries that failed for good, in words: whom we did not reach, why, and what can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.domain.channels import Channel
from app.domain.deliveries import Reason
from app.store.progress import failures

_WORDS: Mapping[str, str] = {
    Reason.EXHAUSTED: "Every try failed.",
    Reason.UNREADABLE: "The address cannot be read with this installation's key.",
    Reason.RESTORED: "Came from a backup unfinished; never sent again from here.",
    Reason.UNCONFIRMED: "Nobody can say whether it arrived; it was not sent again.",
}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One of them. `can_retry` is False where a second try could be a second message."""

    delivery_id: int
    subscription_id: int
    channel: Channel
    attempts: int
    code: str
    words: str
    failed_at: datetime
    can_retry: bool


def failure_words(reason: str) -> str:
    """A failure in words, where the provider gave none."""
    return _WORDS.get(reason, "The provider refused it.")


def dead_letters(session: Session, notice_id: int, *, after: int = 0, most: int = 100) -> list[DeadLetter]:
    """The dead letters of a notice, `most` at a time: those with a delivery id above `after`."""
    return [
        DeadLetter(
            delivery_id=row.id or 0,
            subscription_id=row.subscription_id,
            channel=Channel(row.channel),
            attempts=row.attempts,
            code=row.reason,
            words=row.words or failure_words(row.reason),
            failed_at=row.updated_at,
            can_retry=row.reason != Reason.UNCONFIRMED,
        )
        for row in failures(session, notice_id, after=after, most=most)
    ]
