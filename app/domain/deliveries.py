"""Deliveries: one notice to one address. Every rule about when one may leave, and how each ends.

Pure: the ledger asks, this decides. A delivery is *waiting*, then *sending* (its attempt is
committed and the provider may have it), perhaps *unknown* (nobody heard the answer), and ends in
exactly one named outcome. See "Guarantees" in the notes on notices.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from zoneinfo import ZoneInfo

from app.domain.notices import NoticeStanding
from app.domain.subscribers import QuietHours, SubscriptionStatus

BATCH_SIZE = 500
"""Deliveries in one piece of work; what a crash leaves unclear is at most one chunk of it.

Each piece costs the engine a dozen statements, however many deliveries share it.
"""

CHUNK = 50
"""The most deliveries claimed in one transaction."""

MOST_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)

READ_REPLIES_EVERY = timedelta(minutes=2)
"""How often to look again whether a person has read the reply that holds a subscription."""

MOST_PASSING_BOUNCES = 3
COUNT_BOUNCES_FOR = timedelta(days=14)
"""So many mails that came back for a while, of so long, and the address counts as dead."""

ASK_AGAIN = timedelta(seconds=30)
KEEP_ASKING = timedelta(hours=6)
"""How long after its deadline a delivery may stay unknown before it is called failed."""


class State(StrEnum):
    """Where a delivery stands; only `ended` carries an outcome."""

    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a delivery ended. `sent`: the provider took it and no receipt has come."""

    DELIVERED = "delivered"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    RECALLED = "recalled"


class Reason(StrEnum):
    """Why one was suppressed, expired or given up; a provider's own code stands for the others."""

    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    QUIET = "quiet"
    LATE = "late"
    SUPERSEDED = "superseded"
    EXHAUSTED = "exhausted"
    UNCONFIRMED = "unconfirmed"
    UNREADABLE = "unreadable"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a delivery. `words` say why to people, where the reason alone does not."""

    outcome: Outcome
    reason: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: look again at `at`, in this state. `reason` and `words` say what went wrong."""

    at: datetime
    state: State = State.WAITING
    reason: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """What decides whether one subscription may be told now.

    `is_held`: a person has still to read a reply that may have meant "stop". `is_copy`: it is the
    service manager, who gets everything at once, whatever they chose for themselves (R23).
    """

    status: SubscriptionStatus
    wants_programme: bool
    is_held: bool = False
    quiet: QuietHours | None = None
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What a provider or the way to it answered instead of a receipt.

    `is_unclear`: it may have gone out. `retry_after` is the provider's wish in seconds.
    """

    words: str
    code: str = ""
    is_permanent: bool = False
    is_unclear: bool = False
    retry_after: float | None = None


def notice_ending(notice: NoticeStanding, now: datetime) -> Ending | None:
    """How every delivery of a notice ends that has not left yet; None while it may still leave."""
    if notice.recalled_at is not None:
        return Ending(Outcome.RECALLED)
    if notice.is_restored:
        return Ending(Outcome.FAILED, Reason.RESTORED, "Came from a backup unfinished; never sent again from here.")
    if notice.superseded_at is not None:
        return Ending(Outcome.EXPIRED, Reason.SUPERSEDED, "A newer update took its place.")
    if now >= notice.expires_at:
        return Ending(Outcome.EXPIRED, Reason.LATE, "It would have come too late to be of use.")
    return None


def recipient_verdict(
    recipient: Recipient, notice: NoticeStanding, zone: ZoneInfo, now: datetime
) -> Ending | Later | None:
    """Whether a waiting delivery may leave now (None), must wait, or has ended. Opting out beats everything."""
    if recipient.status is SubscriptionStatus.BOUNCED:
        return Ending(Outcome.SUPPRESSED, Reason.BOUNCED)
    if recipient.is_copy and recipient.status is SubscriptionStatus.ACTIVE:
        return None
    if recipient.status is not SubscriptionStatus.ACTIVE or not recipient.wants_programme:
        return Ending(Outcome.SUPPRESSED, Reason.OPTED_OUT)
    if recipient.is_held:
        return Later(now + READ_REPLIES_EVERY, reason=Reason.OPTED_OUT)
    quiet_ends = recipient.quiet.quiet_until(now, zone, urgent=notice.is_urgent) if recipient.quiet else None
    if quiet_ends is None:
        return None
    if quiet_ends >= notice.expires_at:
        return Ending(Outcome.SUPPRESSED, Reason.QUIET)
    return Later(quiet_ends, reason=Reason.QUIET)


def after_fault(
    fault: Fault, *, attempts: int, expires_at: datetime, now: datetime, luck: float, ask_after: timedelta
) -> Ending | Later:
    """What becomes of a delivery after its `attempts`-th attempt went wrong.

    `luck` in [0, 1) spreads the retries. An unclear one is first looked for at the provider,
    `ask_after` from now; it is never simply sent again, and where nobody can ever be asked it has
    ended. Being told to slow down is no failure, and
    is not counted as one.
    """
    if fault.is_unclear and fault.is_permanent:
        return Ending(Outcome.FAILED, Reason.UNCONFIRMED, fault.words)
    if fault.is_unclear:
        return Later(now + ask_after, State.UNKNOWN, fault.code, fault.words)
    if fault.is_permanent:
        return Ending(Outcome.FAILED, fault.code, fault.words)
    if attempts >= MOST_ATTEMPTS and fault.retry_after is None:
        return Ending(Outcome.FAILED, fault.code or Reason.EXHAUSTED, fault.words)
    wait = max(retry_delay(attempts, luck), timedelta(seconds=fault.retry_after or 0))
    if now + wait >= expires_at:
        return Ending(Outcome.EXPIRED, Reason.LATE, fault.words)
    return Later(now + wait, State.WAITING, fault.code, fault.words)


def after_silence(words: str, *, is_permanent: bool, expires_at: datetime, now: datetime) -> Ending | Later:
    """What becomes of an unknown delivery when the provider cannot be asked, now or ever.

    It is not sent again: two texts are worse than a name on the list of failures. A receipt that
    comes later still tells the truth.
    """
    if is_permanent or now >= expires_at + KEEP_ASKING:
        return Ending(Outcome.FAILED, Reason.UNCONFIRMED, f"Nobody can say whether it went out. {words}")
    return Later(now + ASK_AGAIN, State.UNKNOWN, Reason.UNCONFIRMED, words)


def after_no_trace(*, attempts: int, now: datetime, luck: float) -> Ending | Later:
    """What becomes of a delivery that the provider knows nothing of: it may be sent again."""
    if attempts >= MOST_ATTEMPTS:
        return Ending(Outcome.FAILED, Reason.EXHAUSTED, "The provider never took it.")
    return Later(now + retry_delay(attempts, luck), State.WAITING, "not_taken")


def retry_delay(attempts: int, luck: float) -> timedelta:
    """Doubling from two seconds to five minutes, spread over the upper half of each step."""
    doubled: int = 2 ** min(max(attempts, 1) - 1, 16)
    return min(FIRST_RETRY * doubled, LONGEST_RETRY) * (0.5 + luck / 2)


class ReceiptStatus(StrEnum):
    """What a provider says later about a delivery, from least to most telling."""

    ACCEPTED = "accepted"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"


_RANK = {status: rank for rank, status in enumerate(ReceiptStatus)}
_RANK_OF_OUTCOME = {
    Outcome.SENT: _RANK[ReceiptStatus.SENT],
    Outcome.FAILED: _RANK[ReceiptStatus.FAILED],
    Outcome.DELIVERED: _RANK[ReceiptStatus.DELIVERED],
}


def outcome_after_receipt(current: Outcome | None, status: ReceiptStatus) -> Outcome | None:
    """The outcome that a receipt brings; None when it changes nothing.

    Receipts repeat and overtake one another: only one that says more than what is known counts.
    That a phone got it is the strongest word there is. One that we ended without sending keeps its
    end unless the provider proves that it went out.
    """
    if current is not None and _RANK[status] <= _RANK_OF_OUTCOME.get(current, -1):
        return None
    return {ReceiptStatus.DELIVERED: Outcome.DELIVERED, ReceiptStatus.FAILED: Outcome.FAILED}.get(status, Outcome.SENT)


def chunk_size(per_second: float | None) -> int:
    """How many to claim at once: a quarter of a second's worth, so that no second bursts."""
    if per_second is None:
        return CHUNK
    return max(1, min(CHUNK, ceil(per_second / 4)))


def finish_estimate(waiting: int, per_second: float | None, now: datetime) -> datetime | None:
    """When the last of them will have left at the sender's rate; None where no rate is known."""
    if not per_second:
        return None
    return now + timedelta(seconds=waiting / per_second)
