"""Create and edit the organisation whose page this is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.commands.audit import note_change
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.events import OrganisationChanged
from app.domain.organisation import Organisation
from app.domain.promises import Day
from app.store.columns import new_id
from app.store.organisation import OrganisationRow, organisation_row, the_organisation
from app.store.outbox import record


@dataclass(frozen=True, slots=True)
class OrganisationDraft:
    """The organisation as a person or a file describes it.

    `details` is JSON that only some screens read: holidays, teams, rota, vendors, plan.
    """

    name: str
    short_name: str
    day: Day = field(default_factory=Day)
    also_show_time_zone: str | None = None
    help_desk_phone: str = ""
    help_desk_hours: str = ""
    announcement_phone: str = ""
    status_site: str = ""
    languages: Sequence[str] = ("en", "es")
    details: Mapping[str, Any] = field(default_factory=dict)


def save_organisation(session: Session, draft: OrganisationDraft, *, now: datetime) -> Organisation:
    """Create the organisation, or edit it; saving it unchanged writes nothing.

    Raises:
        RefusedError: no name, or a time zone that does not exist.
    """
    _check(draft)
    row = organisation_row(session)
    values = _values(draft)
    before = row.model_dump() if row else {}
    if row is None:
        row = OrganisationRow(page_id=new_id(), created_at=now, updated_at=now, **values)
        session.add(row)
    elif any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at, row.version = now, row.version + 1
    else:
        return the_organisation(session)
    session.flush()
    subject = Subject("organisation", row.page_id)
    note_change(session, "organisation.saved", subject, before=before, after=values, now=now)
    record(session, OrganisationChanged(), now)
    return the_organisation(session)


def _check(draft: OrganisationDraft) -> None:
    problems = {
        name: "Give the name that members know." for name in ("name", "short_name") if not getattr(draft, name).strip()
    }
    zones = {"time_zone": draft.day.time_zone, "also_show_time_zone": draft.also_show_time_zone}
    problems |= {
        name: f"“{zone}” is not a time zone; it should look like America/Chicago."
        for name, zone in zones.items()
        if zone is not None and not _is_zone(zone)
    }
    if problems:
        raise RefusedError(problems)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _values(draft: OrganisationDraft) -> dict[str, Any]:
    return {
        "name": draft.name.strip(),
        "short_name": draft.short_name.strip(),
        "time_zone": draft.day.time_zone,
        "first_thing": draft.day.first_thing.strftime("%H:%M"),
        "lunchtime": draft.day.lunchtime.strftime("%H:%M"),
        "end_of_day": draft.day.end_of_day.strftime("%H:%M"),
        "also_show_time_zone": draft.also_show_time_zone,
        "help_desk_phone": draft.help_desk_phone,
        "help_desk_hours": draft.help_desk_hours,
        "announcement_phone": draft.announcement_phone,
        "status_site": draft.status_site,
        "languages": list(draft.languages),
        "details": dict(draft.details),
    }
