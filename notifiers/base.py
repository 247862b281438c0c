"""What every channel shares: a notice on the wire, a receipt, one error, and the contract between them.

One contract: *send, and answer for every notice in its place*. Every decision about trying again is
in one flag, `permanent`, and one `Remedy`; a vendor's own vocabulary is translated in its notifier
and nowhere else. A notifier never tries twice by itself: whether a second message may leave is
decided by whoever keeps the ledger.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Notice:
    """What one delivery carries: to one address, in one language, ready for the wire.

    `text` is the whole message of a text, or the plain part of a mail, whose HTML part is `html`.
    `payload` is the JSON body of a webhook. `unsubscribe_url` takes a POST and asks for no login
    (RFC 8058). `copy_to` is the service manager's address, copied on mail (R23). `secret` is shared
    with a webhook's receiver alone. `challenge` is what a receiver must give back: only then was the
    notice taken. `more` are bodies that follow the first.
    """

    delivery_id: str
    address: str
    subject: str = ""
    text: str = ""
    html: str = ""
    payload: Mapping[str, object] | None = None
    language: str = "en"
    unsubscribe_url: str = ""
    copy_to: str = ""
    secret: str = ""
    challenge: str = ""
    more: Sequence[Mapping[str, object]] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took it. `is_final`: nothing more will be heard, so that this is the outcome."""

    provider_id: str
    is_final: bool = False


class Remedy(StrEnum):
    """What is to be done about a delivery that failed."""

    RETRY = "retry"
    FIX_ADDRESS = "fix_address"
    OPTED_OUT = "opted_out"
    STOP_CHANNEL = "stop_channel"
    RECONCILE = "reconcile"
    """Nobody knows whether it went out: ask the provider before anything is sent again."""


class DeliveryError(Exception):
    """One notice was not taken, or nobody knows whether it was.

    `message` is for people. `code` is the provider's own, for the record. `permanent`: the same
    notice to the same address will never succeed; of one that is to be reconciled, that nobody can
    ever be asked about it. `retry_after` is what the provider asked for, in
    seconds; the rate of the whole sender is meant, not this notice alone.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: Remedy,
        permanent: bool = False,
        code: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.permanent = permanent
        self.code = code
        self.retry_after = retry_after


Outcome = Receipt | DeliveryError
"""What became of one notice in one call."""


class Notifier(Protocol):
    """One channel. Safe to use from many tasks of one event loop; never from two loops.

    `name` is how the ledger and the console call it. `batch` is how many notices one call may
    carry.
    """

    name: str
    batch: int

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """Hand the notices to the provider; what became of each, in the same order.

        Returns in bounded time and never raises for what a provider or a network does: that is the
        `DeliveryError` in its place.
        """
        ...

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:
        """Whether the provider's own log holds this notice, sent at `since` (aware) or later.

        None: it does not, and the notice may be sent again. A channel whose provider keeps no log
        always answers None: there, to be told twice is a lesser harm than not to be told.

        Raises:
            DeliveryError: the provider cannot be asked now. Nothing may be sent until it can.
        """
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


@runtime_checkable
class Metered(Protocol):
    """A channel whose provider says how fast we may send."""

    async def per_second(self) -> float:
        """How many messages a second our account may send.

        Raises:
            DeliveryError: the provider cannot be asked now.
        """
        ...


Tray = Callable[[str, Notice], None]
"""Where a null notifier puts what it would have sent: the name of the channel, and the notice."""


NULL_PREFIX = "null-"
"""How the receipts of null notifiers begin: what carries one never left."""


@dataclass(slots=True)
class NullNotifier:
    """The twin of every channel for a laptop: nothing leaves, the tray shows what would have.

    It keeps the promises of a real channel: one receipt per notice, known again by `find`.
    """

    name: str
    tray: Tray
    batch: int = 50
    _kept: dict[str, Receipt] = field(default_factory=dict)

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """Put them in the tray."""
        return [self._keep(notice) for notice in notices]

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:  # noqa: ARG002 - the contract's
        """The receipt that was given for this delivery."""
        return self._kept.get(notice.delivery_id)

    async def close(self) -> None:
        """Nothing is open."""

    def _keep(self, notice: Notice) -> Receipt:
        self.tray(self.name, notice)
        digest = sha256(notice.delivery_id.encode()).hexdigest()[:24]
        return self._kept.setdefault(notice.delivery_id, Receipt(f"{NULL_PREFIX}{digest}", is_final=True))
