"""The organisation's row (one per installation)."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel

from app.domain.errors import NotFoundError
from app.domain.organisation import Organisation
from app.domain.promises import Day
from app.store.columns import Moment

THE_ORGANISATION = 1


class OrganisationRow(SQLModel, table=True):
    """Names, zone and telephone numbers; `page_id` is what Statuspage clients call the page.

    `details` keeps what only later screens read (holidays, senders), as JSON.
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
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
