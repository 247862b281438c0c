"""Vendors and their contracts: the last day for giving notice, and what to think of before it (R67)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError

STAGES = (1, 7, 14, 30, 60)
"""How many days before a contract's last day for notice an alarm is raised, the last call first."""

_OPENS_WITHIN = timedelta(days=60)

NAME_MOST = 80
WORDS_MOST = 300
DAYS_MOST = 1_100


class Flag(StrEnum):
    """What somebody has to think of. A review that is planned too late is worse than a date that draws near."""

    ENDED = "ended"
    NOTICE_PASSED = "notice_deadline_passed"
    REVIEW_OVERDUE = "review_overdue"
    REVIEW_AFTER_NOTICE = "review_falls_after_notice_deadline"
    NOTICE_OPENS = "notice_window_opens"


@dataclass(frozen=True, slots=True)
class Contract:
    """What was agreed with a vendor. Dates are days on the organisation's calendar; None where none is known."""

    ends_on: date
    notice_days: int
    last_review_on: date | None = None
    next_review_on: date | None = None
    uptime_promise: str = ""
    outage_notice: str = ""
    export_tested_on: date | None = None
    exit_help_days: int = 0
    fallback: str = ""

    @property
    def notice_by(self) -> date:
        """The last day for giving notice."""
        return self.ends_on - timedelta(days=self.notice_days)


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who supplies components: their slugs, the telephone for escalations, and who looks after the contract here."""

    key: str
    name: str
    supplies: tuple[str, ...] = ()
    escalation: str = ""
    status_page: str = ""
    owner: str = ""
    contract: Contract | None = None


def flags_of(contract: Contract, today: date) -> tuple[Flag, ...]:
    """Everything that somebody has to think of that day, the worst first."""
    return tuple(_flags(contract, today))


def _flags(contract: Contract, today: date) -> Iterator[Flag]:
    review, notice_by = contract.next_review_on, contract.notice_by
    if contract.ends_on < today:
        yield Flag.ENDED
        return
    if notice_by < today:
        yield Flag.NOTICE_PASSED
    if review and review < today:
        yield Flag.REVIEW_OVERDUE
    if notice_by < today:
        return
    if review is None or review > notice_by:
        yield Flag.REVIEW_AFTER_NOTICE
    elif notice_by - today <= _OPENS_WITHIN:
        yield Flag.NOTICE_OPENS


def stage_due(contract: Contract, today: date) -> int | None:
    """Which alarm is due: the last of 60, 30, 14, 7 and 1 days before the notice deadline that has come.

    None while it is further off, and once it has passed: nothing can be done about it then. A contract
    that is entered late raises one alarm, not all those that it missed.
    """
    ahead = (contract.notice_by - today).days
    return next((days for days in STAGES if 0 <= ahead <= days), None)


def check_vendor(vendor: Vendor) -> None:
    """Refuse what cannot be kept.

    Raises:
        RefusedError: no name, words that are too long, or days that are none.
    """
    problems = {}
    if not vendor.name or len(vendor.name) > NAME_MOST:
        problems["name"] = f"Give the vendor's name, at most {NAME_MOST} characters."
    if contract := vendor.contract:
        for name in ("notice_days", "exit_help_days"):
            if not 0 <= getattr(contract, name) <= DAYS_MOST:
                problems[name] = f"Give a whole number of days, at most {DAYS_MOST:,}."
        if contract.last_review_on and contract.next_review_on and contract.next_review_on <= contract.last_review_on:
            problems["next_review_on"] = "The next review comes after the last one."
    if problems:
        raise RefusedError(problems)
