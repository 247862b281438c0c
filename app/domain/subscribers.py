"""Subscriptions: one address on one channel, what it wants to hear, and when it wants quiet."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.channels import ALL_PROGRAMMES, Channel, Programme
from app.domain.errors import RefusedError


class SubscriptionStatus(StrEnum):
    """How a subscription stands. Only an active one is ever sent a notice."""

    PENDING = "pending"
    ACTIVE = "active"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours on the organisation's clock in which nothing is sent; they may span midnight.

    `overridden` means the subscriber said that an urgent outage may break them.
    """

    begins: time
    ends: time
    overridden: bool = False

    @classmethod
    def parse(cls, begins: str, ends: str, *, overridden: bool = False) -> "QuietHours | None":
        """Quiet hours from "22:00" and "06:30"; None when both are empty.

        Raises:
            RefusedError: one is missing, is no time, or both are the same.
        """
        if not begins and not ends:
            return None
        if not begins or not ends:
            raise RefusedError({"quiet_from": "Give both when the quiet begins and when it ends, or neither."})
        quiet = cls(_clock_time(begins, "quiet_from"), _clock_time(ends, "quiet_until"), overridden)
        if quiet.begins == quiet.ends:
            raise RefusedError({"quiet_from": "Quiet hours that begin when they end would never end."})
        return quiet

    def covers(self, at: time) -> bool:
        """Whether that wall-clock time is quiet. The end itself is not."""
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    def quiet_until(self, now: datetime, zone: ZoneInfo, *, urgent: bool = False) -> datetime | None:
        """When a message may go that has to wait now; None when it may go at once."""
        local = now.astimezone(zone)
        if (urgent and self.overridden) or not self.covers(local.time()):
            return None
        on = local.date() if local.time() < self.ends else local.date() + timedelta(days=1)
        return datetime.combine(on, self.ends, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a subscriber asks for. `components` holds slugs; empty means every component.

    Nothing here is acted on until the address is confirmed.
    """

    programmes: frozenset[Programme] = ALL_PROGRAMMES
    components: frozenset[str] = frozenset()
    language: str = "en"
    quiet: QuietHours | None = None

    def check(self) -> None:
        """Refuse a subscription to nothing.

        Raises:
            RefusedError: neither programme was chosen.
        """
        if not self.programmes:
            raise RefusedError({"programmes": "Choose outages, planned work, or both."})


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription as the rest of the program sees it; the address is in clear only here.

    `is_held` marks one whose reply a person has still to read: it is sent nothing meanwhile.
    """

    id: int
    channel: Channel
    address: str
    status: SubscriptionStatus
    choices: Choices
    created_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    source: str = ""
    is_held: bool = False


def _clock_time(text: str, name: str) -> time:
    try:
        parsed = time.fromisoformat(text)
    except ValueError:
        raise RefusedError({name: f"“{text[:20]}” is not a time of day; it should look like 22:00."}) from None
    return parsed.replace(second=0, microsecond=0, tzinfo=None)
