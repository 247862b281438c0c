"""The organisation's settings: names, hours, telephones, how trouble begins, and how long a proof is good for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.commands.organisation_settings import (
    CONFIRM_MOST,
    PROVE_LEAST,
    PROVE_MOST,
    OrganisationSettings,
    save_settings,
)
from app.domain.accounts import Permission
from app.domain.errors import RefusedError, StaleVersionError
from app.domain.organisation import Organisation
from app.domain.severity import Severity, Urgency
from app.web.admin.forms import Reading
from app.web.auth import Allow, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

ORGANISATION = "/admin/organisation"
SettingsEditor = Annotated[Visit, Depends(Allow(Permission.EDIT_SETTINGS))]

router = APIRouter(prefix=ORGANISATION)


@dataclass(frozen=True, slots=True)
class SettingsWords:
    """The form as it was filled in; `urgencies` by severity."""

    name: str
    short_name: str
    time_zone: str
    also_show_time_zone: str
    first_thing: str
    lunchtime: str
    end_of_day: str
    help_desk_phone: str
    help_desk_hours: str
    announcement_phone: str
    status_site: str
    service_manager: str
    service_manager_phone: str
    prove_within_days: str
    confirm_above: str
    urgencies: Mapping[str, str]


_TEXTS = tuple(name for name in SettingsWords.__slots__ if name != "urgencies")


@router.get("")
def organisation(visit: Reader) -> Response:
    """The settings as they stand; a form for whoever may change them."""
    return _page(visit, _stored(visit.organisation))


@router.post("")
def save(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Change them, unless somebody else did meanwhile."""
    words = _posted(posted)
    try:
        settings = _settings(words, visit)
        with visit.transaction() as session:
            save_settings(session, settings, now=visit.now, expected_version=posted.number("version"))
    except RefusedError as error:
        return _page(visit, words, error.problems, status=422)
    except StaleVersionError as error:
        return _page(visit, words, {"": str(error)}, status=409)
    return visit.see_other(f"{ORGANISATION}?saved=1")


def _page(
    visit: Visit, words: SettingsWords, problems: Mapping[str, str] | None = None, *, status: int = 200
) -> Response:
    stands = _stored(visit.organisation)
    return visit.page(
        "organisation/settings.html",
        status=status,
        said=words,
        version=visit.organisation.version,
        stands=_differing(stands, words) if status == 409 else {},
        severities=list(Severity),
        problems=problems or {},
        saved=visit.is_after("saved"),
    )


def _differing(stands: SettingsWords, words: SettingsWords) -> dict[str, str]:
    """What is stored now where it is not what was typed, for whoever has to see both."""
    found = {_LABELS[name]: getattr(stands, name) for name in _TEXTS if getattr(stands, name) != getattr(words, name)}
    urgencies = {
        f"{severity.value.capitalize()} begins": stands.urgencies[severity]
        for severity in Severity
        if stands.urgencies[severity] != words.urgencies.get(severity)
    }
    return found | urgencies


_LABELS: Mapping[str, str] = {
    "name": "Name",
    "short_name": "Short name",
    "time_zone": "Time zone",
    "also_show_time_zone": "Also show",
    "first_thing": "First thing",
    "lunchtime": "Lunchtime",
    "end_of_day": "End of day",
    "help_desk_phone": "Help desk",
    "help_desk_hours": "Help desk hours",
    "announcement_phone": "Announcement line",
    "status_site": "Address of the page",
    "service_manager": "Service manager",
    "service_manager_phone": "Their telephone",
    "prove_within_days": "Days a proof is good for",
    "confirm_above": "Confirm above",
}


def _stored(stored: Organisation) -> SettingsWords:
    day = stored.day
    return SettingsWords(
        name=stored.name,
        short_name=stored.short_name,
        time_zone=day.time_zone,
        also_show_time_zone=stored.also_show_time_zone or "",
        first_thing=f"{day.first_thing:%H:%M}",
        lunchtime=f"{day.lunchtime:%H:%M}",
        end_of_day=f"{day.end_of_day:%H:%M}",
        help_desk_phone=stored.help_desk_phone,
        help_desk_hours=stored.help_desk_hours,
        announcement_phone=stored.announcement_phone,
        status_site=stored.status_site,
        service_manager=stored.service_manager,
        service_manager_phone=stored.service_manager_phone,
        prove_within_days=str(stored.prove_within_days),
        confirm_above=str(stored.confirm_above),
        urgencies={severity: stored.urgency_of(severity).value for severity in Severity},
    )


def _posted(posted: Posted) -> SettingsWords:
    return SettingsWords(
        **{name: posted.text(name) for name in _TEXTS},
        urgencies={severity: posted.text(f"urgency-{severity}") for severity in Severity},
    )


def _settings(words: SettingsWords, visit: Visit) -> OrganisationSettings:
    reading = Reading(visit.zone)
    urgencies = {
        severity: reading.member(f"urgency-{severity}", words.urgencies[severity], Urgency) for severity in Severity
    }
    settings = OrganisationSettings(
        **{name: getattr(words, name) for name in _PLAIN},
        first_thing=_time(reading, "first_thing", words.first_thing),
        lunchtime=_time(reading, "lunchtime", words.lunchtime),
        end_of_day=_time(reading, "end_of_day", words.end_of_day),
        prove_within_days=reading.whole(
            "prove_within_days", words.prove_within_days, least=PROVE_LEAST, most=PROVE_MOST
        ),
        confirm_above=reading.whole("confirm_above", words.confirm_above, least=0, most=CONFIRM_MOST),
        urgency_defaults={severity: urgency for severity, urgency in urgencies.items() if urgency},
    )
    reading.refuse()
    return settings


_READ = ("first_thing", "lunchtime", "end_of_day", "prove_within_days", "confirm_above")
_PLAIN = tuple(name for name in _TEXTS if name not in _READ)


def _time(reading: Reading, name: str, text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        reading.problems[name] = "Give a time such as 16:30."
        return time(0)
