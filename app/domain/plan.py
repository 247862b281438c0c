"""The plan for when systems fail: its sections, and that somebody reads and signs it every year (R66, R68)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.errors import RefusedError

TITLE_MOST = 120
WORDS_MOST = 8_000
PLACE_MOST = 80
STAGES = (0, 7, 30)
"""How many days before the yearly review is due somebody is reminded, the last call first."""

TEST_HOLDS_DAYS = 366
"""A section that was not tried for longer than a year is as good as untried."""


class LivePart(StrEnum):
    """What a section prints from the rows of the day, below its own words."""

    NOTHING = ""
    PEOPLE = "people"
    SEVERITY = "severity"
    CADENCE = "cadence"
    DOORS = "doors"
    SWITCHES = "switches"
    REDUNDANCY = "redundancy"
    GRAPH = "graph"
    SCRIPTS = "scripts"
    VENDORS = "vendors"
    PACKS = "packs"
    STATUS_SERVICE = "status_service"
    DRILLS = "drills"
    ESCALATION = "escalation"

    @property
    def in_words(self) -> str:
        """What is printed, for whoever edits the section."""
        return _IN_WORDS[self]


_IN_WORDS = {
    LivePart.NOTHING: "Only its own words",
    LivePart.PEOPLE: "People, telephones and who is on duty",
    LivePart.SEVERITY: "The severity and urgency card",
    LivePart.CADENCE: "When members hear from us",
    LivePart.DOORS: "Direct sign-ins",
    LivePart.SWITCHES: "Names that can be pointed here",
    LivePart.REDUNDANCY: "What is copied and what stands in",
    LivePart.GRAPH: "What depends on what",
    LivePart.SCRIPTS: "What the telephone line says",
    LivePart.VENDORS: "Vendors and contracts",
    LivePart.PACKS: "What the law of a place asks",
    LivePart.STATUS_SERVICE: "Addresses of this service",
    LivePart.DRILLS: "The calendar of drills",
    LivePart.ESCALATION: "Who is called when",
}


@dataclass(frozen=True, slots=True)
class PlanSection:
    """One section. `owner` is a team or a person by name, `tested_on` the last day it was tried; None if never."""

    number: int
    title: str
    owner: str
    tested_on: date | None = None
    words: str = ""
    live: LivePart = LivePart.NOTHING

    def is_tested(self, today: date) -> bool:
        """Whether it was tried within a year."""
        return self.tested_on is not None and (today - self.tested_on).days <= TEST_HOLDS_DAYS


@dataclass(frozen=True, slots=True)
class Edition:
    """One signed version of the plan, and by when the next one has to be."""

    version: str
    signed_on: date
    due_on: date
    signed_by: str


def next_review(signed_on: date) -> date:
    """A year later; February 29 becomes the 28th."""
    try:
        return signed_on.replace(year=signed_on.year + 1)
    except ValueError:
        return signed_on.replace(year=signed_on.year + 1, day=28)


def next_version(editions: Iterable[Edition], today: date) -> str:
    """The year and a number that counts up within it: "2027.1"."""
    taken = sum(edition.version.startswith(f"{today.year}.") for edition in editions)
    return f"{today.year}.{taken + 1}"


def days_overdue(newest: Edition | None, today: date) -> int | None:
    """For how many days the yearly review has been owed; None where it is not, 0 for a plan never signed."""
    if newest is None:
        return 0
    late = (today - newest.due_on).days
    return late if late > 0 else None


def stage_due(newest: Edition, today: date) -> int | None:
    """Which reminder is due: the last of 30, 7 and 0 days ahead that has come; None while it is further off."""
    ahead = (newest.due_on - today).days
    return next((days for days in STAGES if ahead <= days), None)


def check_section(section: PlanSection) -> None:
    """Refuse a section that nobody could follow.

    Raises:
        RefusedError: no title, no owner, or too many words.
    """
    problems = {}
    if not 1 <= len(section.title) <= TITLE_MOST:
        problems["title"] = f"Give a title of at most {TITLE_MOST} characters."
    if not 1 <= len(section.owner) <= TITLE_MOST:
        problems["owner"] = "Say which team or person owns this section."
    if len(section.words) > WORDS_MOST:
        problems["words"] = f"A section has at most {WORDS_MOST:,} characters."
    if problems:
        raise RefusedError(problems)
