"""The delivery board: how the deliveries of one notice stand, told so that every one is in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.channels import Channel
from app.domain.deliveries import Outcome, State


class Standing(StrEnum):
    """Where staff see a delivery: by its outcome, or by what it waits for."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    RECALLED = "recalled"


ALWAYS_SHOWN = tuple(Standing)[:6]
"""A board without a number for failures would leave people wondering; the others appear when they occur."""


def standing_of(state: State, outcome: Outcome | None) -> Standing:
    """Where a delivery in this state is counted; one that is just being sent has not left the queue."""
    if outcome is not None:
        return Standing(outcome.value)
    return Standing.UNKNOWN if state is State.UNKNOWN else Standing.QUEUED


@dataclass(frozen=True, slots=True)
class ChannelBoard:
    """One channel of a notice. `resting` are those of the queue that wait for quiet hours to end."""

    channel: Channel
    counts: Mapping[Standing, int]
    resting: int = 0

    @property
    def total(self) -> int:
        """All deliveries of the channel."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Those that have ended, however they did."""
        return self.total - self.unfinished

    @property
    def unfinished(self) -> int:
        """Those that have not ended: in the queue, or nobody knows."""
        return self.number(Standing.QUEUED) + self.number(Standing.UNKNOWN)

    @property
    def leaving(self) -> int:
        """Those of the queue that leave as fast as the sender can."""
        return self.number(Standing.QUEUED) - self.resting

    @property
    def shown(self) -> list[tuple[Standing, int]]:
        """The numbers in their order: the six that are always told, and the others where there are any."""
        return [(each, self.number(each)) for each in Standing if each in ALWAYS_SHOWN or self.number(each)]

    def number(self, standing: Standing) -> int:
        """How many stand there."""
        return self.counts.get(standing, 0)
