"""The communications plan of one incident: who hears, by what, by when; and who has not heard for long (R25, R46)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.severity import Severity

QUIET_MOST = timedelta(hours=3)
"""How long an audience may hear nothing while the trouble lasts."""


class Audience(StrEnum):
    """Everybody who is told of an incident, each in their own way."""

    MEMBERS = "members"
    OFFICES = "offices"
    ASSOCIATIONS = "associations"
    VENDOR = "vendor"
    REGULATOR = "regulator"
    STAFF = "staff"
    BOARD = "board"

    @property
    def in_words(self) -> str:
        """As the plan says it."""
        return self.value.capitalize()


class Medium(StrEnum):
    """By what they hear."""

    PAGE = "page"
    NOTICE = "notice"
    PHONE_LINE = "phone_line"
    SOCIAL = "social"
    MAIL = "mail"
    CALL = "call"

    @property
    def in_words(self) -> str:
        """As the plan says it."""
        return {
            "page": "Page",
            "notice": "Texts and mail",
            "phone_line": "Phone line",
            "social": "Social post",
            "mail": "Mail",
            "call": "Call",
        }[self]

    @property
    def follows_words(self) -> bool:
        """Whether posting an update does it, so that nobody ticks it."""
        return self in (Medium.PAGE, Medium.NOTICE)


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One thing to say to one audience. `by` is who ticked it, empty where it followed from an update."""

    id: str
    audience: Audience
    medium: Medium
    due_at: datetime
    done_at: datetime | None = None
    by: str = ""

    def is_late(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.done_at is None and self.due_at < now


@dataclass(frozen=True, slots=True)
class AudienceState:
    """When an audience was last told, and whether that is too long ago."""

    audience: Audience
    told_at: datetime | None
    is_quiet: bool
    items: Sequence[PlanItem]


_USUAL: Sequence[tuple[Audience, Medium, int]] = (
    (Audience.MEMBERS, Medium.PAGE, 10),
    (Audience.MEMBERS, Medium.NOTICE, 10),
    (Audience.STAFF, Medium.MAIL, 15),
    (Audience.VENDOR, Medium.CALL, 30),
)
_WIDE: Sequence[tuple[Audience, Medium, int]] = (
    (Audience.MEMBERS, Medium.PHONE_LINE, 15),
    (Audience.MEMBERS, Medium.SOCIAL, 20),
    (Audience.OFFICES, Medium.MAIL, 30),
    (Audience.ASSOCIATIONS, Medium.CALL, 60),
    (Audience.BOARD, Medium.CALL, 60),
)


def usual_plan(severity: Severity | None, began_at: datetime) -> list[tuple[Audience, Medium, datetime]]:
    """What a plan begins with: more people for wide trouble. A regulator joins once one is affected (R19)."""
    rows = [*_USUAL, *_WIDE] if severity in (Severity.CRITICAL, Severity.HIGH) else _USUAL
    return [(audience, medium, began_at + timedelta(minutes=minutes)) for audience, medium, minutes in rows]


def with_updates(items: Iterable[PlanItem], on_page: Sequence[datetime], told: Sequence[datetime]) -> list[PlanItem]:
    """The plan with what updates did by themselves: `on_page` is when words appeared, `told` when they were sent."""
    first = {Medium.PAGE: min(on_page, default=None), Medium.NOTICE: min(told, default=None)}
    return [
        PlanItem(item.id, item.audience, item.medium, item.due_at, first[item.medium])
        if item.medium.follows_words and item.done_at is None
        else item
        for item in items
    ]


def audience_states(
    items: Sequence[PlanItem], told: Sequence[datetime], began_at: datetime, ended_at: datetime | None, now: datetime
) -> list[AudienceState]:
    """Every audience of the plan, whether it was told, and whether it has been quiet for too long.

    `told` are the moments at which words went to members. An audience that was never told is quiet
    from the beginning; once the trouble is over, nobody is.
    """
    found = []
    for audience in dict.fromkeys(item.audience for item in items):
        mine = [item for item in items if item.audience is audience]
        moments = [item.done_at for item in mine if item.done_at]
        moments += told if audience is Audience.MEMBERS else []
        last = max(moments, default=None)
        is_quiet = ended_at is None and now - (last or began_at) > QUIET_MOST
        found.append(AudienceState(audience, last, is_quiet, mine))
    return found
