"""The report after an incident: eight headings in order, when it is due, what it must not say (R45, R60, R63).

resolved ──▶ due in three business days ──▶ finished ──▶ circulated
                    └──▶ reminded the day before, on the day, and each business day after
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.business_days import add_business_days, is_business_day
from app.domain.plain_language import refusals

DUE_WITHIN = 3
"""Business days between the resolution and the report (R63)."""

WORDS_MOST = 10_000


class Heading(StrEnum):
    """The headings of a report, in the order in which they are printed (R60)."""

    DATE = "date"
    REPORTER = "reporter"
    SEVERITY = "severity"
    TIMELINE = "timeline"
    EXPOSURE = "exposure"
    CAUSE = "cause"
    RESOLUTION = "resolution"
    MITIGATION = "mitigation"

    @property
    def in_words(self) -> str:
        """The heading as it is printed."""
        return _TITLES[self]


_TITLES = {
    Heading.DATE: "Date of incident",
    Heading.REPORTER: "Reporter",
    Heading.SEVERITY: "Severity (critical, high, medium, low)",
    Heading.TIMELINE: "Timeline of response (times, actions, people)",
    Heading.EXPOSURE: "Exposure / impacts",
    Heading.CAUSE: "Suspected root cause",
    Heading.RESOLUTION: "Resolution of issue",
    Heading.MITIGATION: "Mitigation steps / prevention in future",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline: when, what was done, and who did it."""

    at: datetime
    action: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One heading: what the record says by itself, and what a person wrote below it."""

    heading: Heading
    facts: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    words: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands under the heading."""
        return not (self.facts or self.events or self.words)


@dataclass(frozen=True, slots=True)
class Report:
    """A report whole. `questions` are those of the jurisdiction: the pack, the question, the answer, its date."""

    title: str
    reference: str
    sections: tuple[Section, ...]
    questions: tuple[tuple[str, str, str, date | None], ...] = ()

    def section(self, heading: Heading) -> Section:
        """The section under one heading."""
        return next(section for section in self.sections if section.heading is heading)


def report_due(resolved_at: datetime, zone: ZoneInfo, days_off: Collection[date]) -> date:
    """The business day on which the report on something resolved then is due; its last hour is the end of that day."""
    return add_business_days(resolved_at.astimezone(zone).date(), DUE_WITHIN, days_off)


class Reminder(StrEnum):
    """What the commander is reminded of; once the day has passed the executive hears it too."""

    DAY_BEFORE = "day_before"
    TODAY = "today"
    OVERDUE = "overdue"


def report_reminder(due_on: date, today: date, days_off: Collection[date]) -> Reminder | None:
    """The reminder that stands on a day; none on days on which the office is closed."""
    if not is_business_day(today, days_off):
        return None
    if today >= due_on:
        return Reminder.TODAY if today == due_on else Reminder.OVERDUE
    return Reminder.DAY_BEFORE if add_business_days(today, 1, days_off) >= due_on else None


def report_problems(report: Report, people: Collection[str], unanswered: Sequence[str] = ()) -> dict[str, str]:
    """Why a report cannot be finished, by heading: what is missing, and who is blamed (R45, R58, R71)."""
    missing = {section.heading.value: _MISSING[section.heading] for section in report.sections if section.is_empty}
    blamed = refusals({section.heading.value: section.words for section in report.sections}, people)
    open_questions = {"questions": f"Not answered yet: {'; '.join(unanswered)}."} if unanswered else {}
    return missing | blamed | open_questions


_MISSING = dict.fromkeys(Heading, "Nothing stands here yet.") | {
    Heading.CAUSE: "Say what is thought to have caused it. “Not known yet” is an answer too.",
    Heading.RESOLUTION: "Say what ended it.",
    Heading.MITIGATION: "Say what is done so that it does not happen again, or open an action.",
}


def without_names(report: Report, teams: Mapping[str, str]) -> Report:
    """The same report for people outside: teams in the place of the persons in them (R45). `teams` is by name."""
    return replace(
        report,
        sections=tuple(_unnamed_section(section, teams) for section in report.sections),
        questions=tuple((pack, asked, in_team_words(said, teams), on) for pack, asked, said, on in report.questions),
    )


def _unnamed_section(section: Section, teams: Mapping[str, str]) -> Section:
    return replace(
        section,
        facts=tuple(in_team_words(fact, teams) for fact in section.facts),
        events=tuple(
            Event(event.at, in_team_words(event.action, teams), in_team_words(event.who, teams))
            for event in section.events
        ),
        words=in_team_words(section.words, teams),
    )


def in_team_words(text: str, teams: Mapping[str, str]) -> str:
    """The text with the whole name of each person replaced by their team; who has none becomes "our staff"."""
    for name in sorted(teams, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", teams[name] or "our staff", text)
    return text
