"""Times as people type them, on the organisation's clock, and the two nights a year when that goes wrong."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.domain.errors import RefusedError

_FIELD_FORM = "%Y-%m-%dT%H:%M"


def from_clock(text: str, zone: ZoneInfo) -> datetime:
    """The moment that "2026-11-21T22:30" names on the clock of `zone`, as UTC.

    Raises:
        RefusedError: it is no time, or the clocks skip it that night, or show it twice.
    """
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise RefusedError("This is not a date and a time.") from None
    if typed.tzinfo is not None or not 2000 <= typed.year <= 2100:
        raise RefusedError("Give a date between 2000 and 2100 and a time on your own clock.")
    return _only_moment(typed, zone)


def for_field(moment: datetime, zone: ZoneInfo) -> str:
    """The moment as a field of the kind `datetime-local` shows it."""
    return moment.astimezone(zone).strftime(_FIELD_FORM)


def _only_moment(typed: datetime, zone: ZoneInfo) -> datetime:
    first, second = (typed.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    said = f"{typed:%I:%M %p}".lstrip("0")
    if first.astimezone(zone).replace(tzinfo=None) != typed:
        raise RefusedError(f"{said} does not exist that night: the clocks go forward. Choose a time an hour later.")
    raise RefusedError(f"{said} comes twice that night, because the clocks go back. Choose a time before or after.")
