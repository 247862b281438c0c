"""The organisation's row (one per installation)."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel

from app.domain.errors import NotFoundError
from app.domain.organisation import CONFIRM_ABOVE, PROVE_WITHIN_DAYS, Organisation
from app.domain.promises import Day
from app.domain.severity import Severity, Urgency
from app.store.columns import Moment

THE_ORGANISATION = 1


class OrganisationRow(SQLModel, table=True):
    """Names, zone and telephone numbers; `page_id` is what Statuspage clients call the page.

    `urgency_defaults` maps severities to the urgency they begin with. `details` keeps what only later
    screens read (senders, vendors), as JSON.
    """

    __tablename__ = "organisation"

    id: int = Field(default=THE_ORGANISATION, primary_key=True)
    page_id: str = Field(max_length=12)
    name: str
    short_name: str
    time_zone: str
    also_show_time_zone: str | None = None
    first_thing: str = "08:00"
    lunchtime: str = "12:00"
    end_of_day: str = "16:30"
    help_desk_phone: str = ""
    help_desk_hours: str = ""
    announcement_phone: str = ""
    status_site: str = ""
    languages: list[str] = Field(default_factory=lambda: ["en", "es"], sa_type=JSON)
    holiday_country: str = Field(default="", sa_column_kwargs={"server_default": ""})
    holiday_subdivision: str = Field(default="", sa_column_kwargs={"server_default": ""})
    prove_within_days: int = Field(default=PROVE_WITHIN_DAYS, sa_column_kwargs={"server_default": "60"})
    confirm_above: int = Field(default=CONFIRM_ABOVE, sa_column_kwargs={"server_default": "500"})
    urgency_defaults: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}")
    )
    service_manager: str = Field(default="", sa_column_kwargs={"server_default": ""})
    service_manager_phone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    version: int = 1


def organisation_row(session: Session) -> OrganisationRow | None:
    """The row, or None before anything was loaded."""
    return session.get(OrganisationRow, THE_ORGANISATION)


def the_organisation(session: Session) -> Organisation:
    """The organisation as a frozen value.

    Raises:
        NotFoundError: nothing has been set up yet.
    """
    row = organisation_row(session)
    if row is None:
        raise NotFoundError("There is no organisation yet. Load one, for example with: porchlight demo load")
    return frozen_organisation(row)


def frozen_organisation(row: OrganisationRow) -> Organisation:
    """The row as a value."""
    return Organisation(
        id=row.page_id,
        name=row.name,
        short_name=row.short_name,
        day=Day(
            time_zone=row.time_zone,
            first_thing=time.fromisoformat(row.first_thing),
            lunchtime=time.fromisoformat(row.lunchtime),
            end_of_day=time.fromisoformat(row.end_of_day),
        ),
        also_show_time_zone=row.also_show_time_zone,
        help_desk_phone=row.help_desk_phone,
        help_desk_hours=row.help_desk_hours,
        announcement_phone=row.announcement_phone,
        status_site=row.status_site,
        languages=tuple(row.languages),
        holiday_country=row.holiday_country,
        holiday_subdivision=row.holiday_subdivision,
        prove_within_days=row.prove_within_days,
        confirm_above=row.confirm_above,
        urgency_defaults={Severity(key): Urgency(value) for key, value in row.urgency_defaults.items()},
        service_manager=row.service_manager,
        service_manager_phone=row.service_manager_phone,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
