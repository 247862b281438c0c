"""Change what the organisation says of itself in the console: names, hours, telephones, people and rules."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time
from zoneinfo import available_timezones

from sqlmodel import Session

from app.commands.audit import note_change
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.events import OrganisationChanged
from app.domain.severity import Severity, Urgency
from app.domain.text import printable
from app.store.organisation import OrganisationRow, organisation_row
from app.store.outbox import record

SHORT_MOST, NAME_MOST, LINE_MOST = 12, 60, 200
PROVE_LEAST, PROVE_MOST = 7, 365
CONFIRM_MOST = 100_000
_LINES = (
    "help_desk_phone",
    "help_desk_hours",
    "announcement_phone",
    "status_site",
    "service_manager",
    "service_manager_phone",
)


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """Everything a person may change there. Times are those of a day in `time_zone`."""

    name: str
    short_name: str
    time_zone: str
    first_thing: time
    lunchtime: time
    end_of_day: time
    urgency_defaults: Mapping[Severity, Urgency]
    prove_within_days: int
    confirm_above: int
    also_show_time_zone: str = ""
    help_desk_phone: str = ""
    help_desk_hours: str = ""
    announcement_phone: str = ""
    status_site: str = ""
    service_manager: str = ""
    service_manager_phone: str = ""


def save_settings(
    session: Session, settings: OrganisationSettings, *, now: datetime, expected_version: int | None = None
) -> None:
    """Use these settings from now on; saving them unchanged writes nothing.

    Raises:
        NotFoundError: there is no organisation yet.
        StaleVersionError: somebody changed them since.
        RefusedError: one sentence for each field that cannot be.
    """
    row = the_organisation_row(session)
    if expected_version is not None and row.version != expected_version:
        raise StaleVersionError(
            "Somebody changed these settings while you were writing. Your words are kept.", current=row.version
        )
    problems = _problems(settings)
    if problems:
        raise RefusedError(problems)
    apply(session, row, _values(settings), now)


def save_holiday_calendar(session: Session, country: str, subdivision: str, *, now: datetime) -> None:
    """Follow the public holidays of this country and part of it; nothing where both are empty.

    Raises:
        NotFoundError: there is no organisation yet.
    """
    values: dict[str, object] = {"holiday_country": country, "holiday_subdivision": subdivision}
    apply(session, the_organisation_row(session), values, now)


def the_organisation_row(session: Session) -> OrganisationRow:
    """The row, to be changed.

    Raises:
        NotFoundError: there is no organisation yet.
    """
    row = organisation_row(session)
    if row is None:
        raise NotFoundError("There is no organisation yet. Load one, for example with: porchlight demo load")
    return row


def apply(session: Session, row: OrganisationRow, values: Mapping[str, object], now: datetime) -> None:
    """Write the values that differ; when there are any, note them and publish the page again."""
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    before = row.model_dump()
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at, row.version = now, row.version + 1
    subject = Subject("organisation", row.page_id)
    note_change(session, "organisation.settings_saved", subject, before=before, after=values, now=now)
    record(session, OrganisationChanged(), now)


def _values(settings: OrganisationSettings) -> dict[str, object]:
    values: dict[str, object] = asdict(settings)
    values |= {name: printable(str(values[name])).strip() for name in ("name", "short_name", *_LINES)}
    values |= {name: f"{getattr(settings, name):%H:%M}" for name in ("first_thing", "lunchtime", "end_of_day")}
    values["also_show_time_zone"] = settings.also_show_time_zone or None
    values["urgency_defaults"] = {key.value: value.value for key, value in settings.urgency_defaults.items()}
    return values


def _problems(settings: OrganisationSettings) -> dict[str, str]:
    problems = {
        name: f"This has {len(getattr(settings, name))} characters; the most is {LINE_MOST}."
        for name in _LINES
        if len(getattr(settings, name)) > LINE_MOST
    }
    for name, most in (("name", NAME_MOST), ("short_name", SHORT_MOST)):
        if not 0 < len(getattr(settings, name).strip()) <= most:
            problems[name] = f"Give the name that members know, in at most {most} characters."
    for name, zone in (("time_zone", settings.time_zone), ("also_show_time_zone", settings.also_show_time_zone)):
        if (zone or name == "time_zone") and zone not in available_timezones():
            problems[name] = f"“{zone[:40]}” is not a time zone; it should look like America/Chicago."
    if not settings.first_thing < settings.lunchtime < settings.end_of_day:
        problems["end_of_day"] = "The day goes from first thing over lunchtime to its end."
    if not PROVE_LEAST <= settings.prove_within_days <= PROVE_MOST:
        problems["prove_within_days"] = f"Give a whole number of days from {PROVE_LEAST} to {PROVE_MOST}."
    if not 0 <= settings.confirm_above <= CONFIRM_MOST:
        problems["confirm_above"] = f"Give a whole number of subscribers from 0 to {CONFIRM_MOST:,}."
    return problems
