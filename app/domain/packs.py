"""Jurisdiction packs: what the law of a place asks of a report, and by when others are told (R19, R71)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.errors import RefusedError

TELL_REGULATOR_WITHIN = timedelta(days=3)
TELL_VENDOR_WITHIN = timedelta(days=1)
"""What holds where no pack says otherwise; both in calendar days, as deadlines of the law run."""

NAME_MOST = 80
QUESTION_MOST = 300
QUESTIONS_MOST = 20
DAYS_MOST = 365


@dataclass(frozen=True, slots=True)
class Pack:
    """The questions of one place. Only a pack in force adds them to reports."""

    key: str
    name: str
    questions: tuple[str, ...]
    tell_regulator_within: timedelta = TELL_REGULATOR_WITHIN
    tell_vendor_within: timedelta = TELL_VENDOR_WITHIN
    is_in_force: bool = False


@dataclass(frozen=True, slots=True)
class PackAnswer:
    """What was answered to one question, and the date it is about or was done on."""

    pack: str
    question: str
    answer: str
    on: date | None
    answered_at: datetime


def regulator_due(packs: Iterable[Pack], started_at: datetime, zone: ZoneInfo) -> date:
    """By which day a regulator is told of what began then: the soonest that any pack in force asks for."""
    within = [pack.tell_regulator_within for pack in packs if pack.is_in_force]
    return (started_at.astimezone(zone) + min(within, default=TELL_REGULATOR_WITHIN)).date()


def vendor_due(packs: Iterable[Pack], started_at: datetime, zone: ZoneInfo) -> date:
    """By which day a supplier is told formally of what began then."""
    within = [pack.tell_vendor_within for pack in packs if pack.is_in_force]
    return (started_at.astimezone(zone) + min(within, default=TELL_VENDOR_WITHIN)).date()


def questions_in_force(packs: Iterable[Pack]) -> list[tuple[Pack, str]]:
    """Every question that a report has to answer here, in order."""
    return [(pack, question) for pack in packs if pack.is_in_force for question in pack.questions]


def unanswered(packs: Iterable[Pack], answers: Iterable[PackAnswer]) -> list[str]:
    """The questions in force that nobody has answered with words and a date."""
    answered = {(each.pack, each.question) for each in answers if each.answer and each.on}
    return [question for pack, question in questions_in_force(packs) if (pack.key, question) not in answered]


def check_pack(name: str, questions: Sequence[str], days: Iterable[int]) -> None:
    """Refuse a pack that asks nothing.

    Raises:
        RefusedError: no name, no questions, or too long; or days that are none.
    """
    problems = {}
    if not name or len(name) > NAME_MOST:
        problems["name"] = f"Give the pack a name of at most {NAME_MOST} characters."
    if not 0 < len(questions) <= QUESTIONS_MOST:
        problems["questions"] = f"Write 1 to {QUESTIONS_MOST} questions, one on each line."
    elif any(len(question) > QUESTION_MOST for question in questions):
        problems["questions"] = f"A question has at most {QUESTION_MOST} characters."
    if any(not 0 <= number <= DAYS_MOST for number in days):
        problems["days"] = f"Give days from 0 to {DAYS_MOST}."
    if problems:
        raise RefusedError(problems)
