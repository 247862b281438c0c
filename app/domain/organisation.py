"""The organisation whose page this is."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.promises import Day


@dataclass(frozen=True, slots=True)
class Organisation:
    """What members know of the MLS: its names, hours and telephone numbers.

    `id` is the Statuspage page id (12 lowercase alphanumerics). `status_site` is the public
    address as members would type it.
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

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people are told times."""
        return self.day.zone
