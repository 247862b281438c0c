"""What the telephone line may still say, and how many callers may be texted (R29)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.accounts import AttemptLimit

GRACE = timedelta(minutes=30)
"""How long after the promised moment an announcement still plays: the next word may be on its way."""

GOOD_FOR_IN_TROUBLE = timedelta(hours=2)
GOOD_FOR_WHEN_WELL = timedelta(hours=26)
"""A day and two hours: the publisher renews it at every local midnight."""


def expires_at(
    as_of: datetime, promised_at: datetime | None, *, is_well: bool, work_begins_at: datetime | None = None
) -> datetime:
    """The last moment at which an announcement made at `as_of` may play; afterwards it says nothing.

    In trouble that is the promise and a grace, or two hours where nothing was promised. When all is
    well it is 26 hours, but never longer than shortly after the next planned work begins.
    """
    if not is_well:
        return promised_at + GRACE if promised_at else as_of + GOOD_FOR_IN_TROUBLE
    good_until = as_of + GOOD_FOR_WHEN_WELL
    return min(good_until, work_begins_at + GRACE) if work_begins_at else good_until


@dataclass(frozen=True, slots=True)
class LinkTextLimits:
    """How many callers may have the links texted: one of them, the numbers next to theirs, and all together.

    Numbers are neighbours when all but their last four digits agree: whoever is paid by the text
    rents them in blocks.
    """

    caller: AttemptLimit = field(default=AttemptLimit(1, timedelta(minutes=10)))
    neighbours: AttemptLimit = field(default=AttemptLimit(40, timedelta(hours=1)))
    everybody: AttemptLimit = field(default=AttemptLimit(2_000, timedelta(hours=1)))
    country_codes: frozenset[str] = frozenset({"1"})
