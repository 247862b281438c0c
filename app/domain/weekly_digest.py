"""When the week's summary of open incidents goes to the service manager (R39)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FRIDAY = 4
AT = time(15)
_LATE_MOST = timedelta(hours=18)
"""Nobody wants last week's summary on Sunday; after an outage of our own it still comes on Saturday morning."""


def digest_due(now: datetime, zone: ZoneInfo) -> date | None:
    """The Friday whose summary is to be sent at this moment; None outside its hours.

    Three in the afternoon never falls into an hour that the clocks skip or repeat; it is reckoned on
    the wall clock all the same.
    """
    local = now.astimezone(zone)
    friday = local.date() - timedelta(days=(local.weekday() - FRIDAY) % 7)
    due_at = datetime.combine(friday, AT, zone).astimezone(UTC)
    return friday if due_at <= now < due_at + _LATE_MOST else None
