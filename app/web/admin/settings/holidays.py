"""The year's days off: public holidays of the organisation's country, its own days, and exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.holidays import drop_own_day, save_own_day
from app.commands.organisation_settings import save_holiday_calendar
from app.commands.special_days import countries, special_days_between, subdivisions
from app.domain.errors import RefusedError
from app.domain.holidays import DayKind, OwnDay
from app.web.admin.forms import Reading
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

HOLIDAYS = "/admin/holidays"
_FIRST_YEAR, _LAST_YEAR = 2000, 2099

router = APIRouter(prefix=HOLIDAYS)


@dataclass(frozen=True, slots=True)
class DayWords:
    """The form of one own day as raw text."""

    on: str = ""
    name: str = ""
    kind: str = "closed"
    closes_at: str = ""


@router.get("")
def holidays_page(visit: Reader, year: int = 0) -> Response:
    """Every special day of one year."""
    return _page(visit, year)


@router.post("")
def save_day(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Say something of one day."""
    words = DayWords(posted.text("on"), posted.text("name"), posted.text("kind"), posted.text("closes_at"))
    try:
        day = _day(words, visit)
        with visit.transaction() as session:
            save_own_day(session, day, now=visit.now)
    except RefusedError as error:
        return _page(visit, 0, words=words, problems=error.problems)
    return visit.see_other(f"{HOLIDAYS}?year={day.on.year}&saved=day")


@router.post("/{on}/removal")
def remove_day(visit: SettingsEditor, on: date) -> Response:
    """Take back what was said of a day."""
    with visit.transaction() as session:
        drop_own_day(session, on, now=visit.now)
    return visit.see_other(f"{HOLIDAYS}?year={on.year}&saved=removed")


@router.post("/country")
def follow(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Follow the public holidays of a country, or of a part of it."""
    country, part = posted.text("country").upper(), posted.text("subdivision").upper()
    problems = {}
    if country and country not in countries():
        problems["country"] = "Choose a country from the list, by its two letters."
    elif part and part not in subdivisions(country):
        problems["subdivision"] = f"There is no part “{part[:10]}” of {country} with holidays of its own."
    if problems:
        return _page(visit, 0, problems=problems, followed=(country, part))
    with visit.transaction() as session:
        save_holiday_calendar(session, country, part, now=visit.now)
    return visit.see_other(f"{HOLIDAYS}?saved=country")


def _page(
    visit: Visit,
    year: int,
    *,
    words: DayWords | None = None,
    problems: Mapping[str, str] | None = None,
    followed: tuple[str, str] | None = None,
) -> Response:
    year = min(max(year or visit.now.astimezone(visit.zone).year, _FIRST_YEAR), _LAST_YEAR)
    stored = visit.organisation
    with visit.database.read() as session:
        days = special_days_between(session, stored, date(year, 1, 1), date(year, 12, 31))
    country, part = followed or (stored.holiday_country, stored.holiday_subdivision)
    return visit.page(
        "organisation/holidays.html",
        status=422 if problems else 200,
        year=year,
        days=days,
        said=words or DayWords(),
        country=country,
        subdivision=part,
        countries=countries(),
        subdivisions=subdivisions(country),
        problems=problems or {},
        saved=visit.request.query_params.get("saved", ""),
    )


def _day(words: DayWords, visit: Visit) -> OwnDay:
    reading = Reading(visit.zone)
    on, kind = reading.day("on", words.on), reading.member("kind", words.kind, DayKind)
    if on is None or not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        reading.problems.setdefault("on", "Choose a day.")
    closes_at = _closing(reading, words.closes_at) if kind is DayKind.HALF_DAY else None
    reading.refuse()
    return OwnDay(on or visit.now.date(), words.name, kind or DayKind.CLOSED, closes_at)


def _closing(reading: Reading, text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        reading.problems["closes_at"] = "Say from what time the office is closed that day, such as 12:00."
        return None
