"""The days on which the organisation is closed: its country's holidays, and what it said itself."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache

from sqlmodel import Session

from app.domain.holidays import SpecialDay, special_days
from app.domain.organisation import Organisation
from app.store.holidays import own_days


def special_days_between(session: Session, organisation: Organisation, first: date, last: date) -> list[SpecialDay]:
    """Every special day from `first` to `last`, in order."""
    known = public_holidays(organisation.holiday_country, organisation.holiday_subdivision, first.year, last.year)
    within = {day: name for day, name in known.items() if first <= day <= last}
    return special_days(within, own_days(session, first, last))


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str, first_year: int, last_year: int) -> Mapping[date, str]:
    """The public holidays of a country ("US") or one part of it ("TX"), by date; none where it is unknown."""
    if country not in _known():
        return {}
    import holidays

    part = subdivision if subdivision in subdivisions(country) else None
    return dict(holidays.country_holidays(country, subdiv=part, years=range(first_year, last_year + 1)))


@lru_cache
def countries() -> tuple[str, ...]:
    """Codes of the countries whose holidays are known (ISO 3166-1)."""
    return tuple(sorted(_known()))


def subdivisions(country: str) -> tuple[str, ...]:
    """Codes of the parts of a country that have holidays of their own (ISO 3166-2)."""
    return tuple(_known().get(country, ()))


@lru_cache
def _known() -> Mapping[str, Collection[str]]:
    # Imported when it is first asked for: it takes 20 MB, and most processes never show a calendar.
    import holidays

    return holidays.list_supported_countries()
