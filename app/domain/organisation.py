"""The organisation whose page this is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.promises import Day
from app.domain.severity import Severity, Urgency, default_urgency

PROVE_WITHIN_DAYS = 60
"""How many days the proof of a direct link is good for, unless the organisation says otherwise."""


CONFIRM_ABOVE = 500
"""How many subscribers a message may reach before its writer shows that it is still them, unless changed."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What members know of the MLS: its names, hours and telephone numbers.

    `id` is the Statuspage page id (12 lowercase alphanumerics). `status_site` is the public
    address as members would type it. Holidays are those of `holiday_country` ("US") and its part
    `holiday_subdivision` ("TX"). A direct link is to be proved again after `prove_within_days`.
    Whoever writes to more than `confirm_above` subscribers shows first that it is still them. The
    service manager is called about surprises (R24).
    """

    id: str
    name: str
    short_name: str
    day: Day
    created_at: datetime
    updated_at: datetime
    also_show_time_zone: str | None = None
    help_desk_phone: str = ""
    help_desk_hours: str = ""
    announcement_phone: str = ""
    status_site: str = ""
    languages: tuple[str, ...] = ("en", "es")
    holiday_country: str = ""
    holiday_subdivision: str = ""
    prove_within_days: int = PROVE_WITHIN_DAYS
    confirm_above: int = CONFIRM_ABOVE
    urgency_defaults: Mapping[Severity, Urgency] = field(default_factory=dict)
    service_manager: str = ""
    service_manager_phone: str = ""
    version: int = 1

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people are told times."""
        return self.day.zone

    def urgency_of(self, severity: Severity) -> Urgency:
        """The urgency that trouble of this severity begins with here; a person may choose another."""
        return self.urgency_defaults.get(severity, default_urgency(severity))
