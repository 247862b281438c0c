"""The console's templates: everything escaped, nothing undefined, times on the organisation's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.domain.localtime import for_field
from app.domain.stages import Stage
from app.publish.language import Language, when
from app.web.admin.rooms import ROOMS
from app.web.admin.sections import IN_THE_BAR, Group, grouped, holding
from app.web.static import console_assets
from app.web.wording import WORDS

FOLDER = Path(__file__).resolve().parents[2] / "templates"


@cache
def console_templates() -> Environment:
    """The console's own; one per process, because a template is compiled once for its environment."""
    return make_templates(console_assets().addresses)


def make_templates(assets: Mapping[str, str]) -> Environment:
    """An environment over `templates/`. `assets` maps a file's name to its address."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["assets"] = assets
    environment.globals["words"] = WORDS
    environment.globals["lasting"] = lasting
    environment.globals["grouped"] = grouped
    environment.globals["holding"] = holding
    environment.globals["tonight"] = Group.TONIGHT
    environment.globals["rooms"] = ROOMS
    environment.globals["stages"] = tuple(Stage)
    environment.globals["in_the_bar"] = IN_THE_BAR
    return environment


@dataclass(frozen=True, slots=True)
class Clock:
    """How a page tells the moments on it: as of `now`, in the organisation's zone."""

    now: datetime
    zone: ZoneInfo

    def when(self, moment: datetime) -> str:
        """ "9:42 PM CT" today, with the day when it is another."""
        return when(moment, self._language, self.now)

    def time(self, moment: datetime) -> str:
        """ "9:42 PM"."""
        return self._language.time(moment)

    def day(self, day: date) -> str:
        """ "Oct 6, 2026"."""
        return self._language.day(day, year=True)

    def until(self, moment: datetime) -> str:
        """ "38 min": how far away a moment is, in either direction."""
        return lasting(abs(moment - self.now))

    def field(self, moment: datetime) -> str:
        """The moment as the value of a `datetime-local` field."""
        return for_field(moment, self.zone)

    def days_since(self, day: date) -> int:
        """Whole days since a date on the organisation's calendar."""
        return (self.now.astimezone(self.zone).date() - day).days

    @property
    def zone_name(self) -> str:
        """ "CT"."""
        return self._language.zone_name(self.now)

    @property
    def _language(self) -> Language:
        return Language("en", self.zone)


def lasting(span: timedelta) -> str:
    """ "less than a minute", "38 min", "2 h 5 min", "3 days 4 h": a length of time as a person says it."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h" if hours else f"{days} days"
