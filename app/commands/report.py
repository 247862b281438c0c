"""Write, remind of and finish the report after an incident (R60, R63). One function, one transaction."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.incidents import locked_incident
from app.commands.observations import ask_participants
from app.commands.special_days import special_days_between
from app.commands.staff_messages import tell_accounts, tell_staff
from app.domain.accounts import Role
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.holidays import days_off
from app.domain.organisation import Organisation
from app.domain.packs import unanswered
from app.domain.report import WORDS_MOST, Heading, Reminder, Report, report_due, report_problems, report_reminder
from app.domain.text import printable
from app.store.accounts import account_names
from app.store.incidents import IncidentRow
from app.store.organisation import organisation_row, the_organisation
from app.store.packs import pack_answers, packs
from app.store.report import (
    IncidentReportRow,
    OwedReport,
    account_ids_of,
    newly_resolved,
    observations_of,
    owed_reports,
    report_row,
    take_report_reminder,
)
from app.store.roster import people

_HORIZON = timedelta(days=400)
_MORNING = 8
PLACE_MOST = 300


def tend_reports(session: Session, *, now: datetime) -> None:
    """By the clock: give every resolved incident its report and the day it is due, and remind of those that are owed.

    However many workers look, a report is made once and a reminder goes out once a day.
    """
    if organisation_row(session) is None:
        return
    organisation = the_organisation(session)
    for incident in newly_resolved(session, now):
        locked = locked_incident(session, incident.id)
        if locked.resolved_at is not None:
            open_report(session, organisation, locked, locked.resolved_at, now=now)
            ask_participants(session, locked.id, now=now)
    today = now.astimezone(organisation.zone)
    if today.hour >= _MORNING:
        closed = _days_off(session, organisation, today.date())
        for owed in owed_reports(session):
            _remind(session, owed, today.date(), closed, now)


def open_report(
    session: Session, organisation: Organisation, incident: IncidentRow, resolved_at: datetime, *, now: datetime
) -> IncidentReportRow:
    """Begin the report of a resolved incident, or say when it is due after it was resolved once more."""
    row = report_row(session, incident.id, lock=True)
    if row is not None and row.resolved_at == resolved_at:
        return row
    due_on = due_day(session, organisation, resolved_at)
    if row is None:
        row = IncidentReportRow(incident_id=incident.id, resolved_at=resolved_at, due_on=due_on)
        session.add(row)
    row.resolved_at, row.due_on, row.finished_at, row.finished_by = resolved_at, due_on, None, None
    session.flush()
    note(session, "report.owed", Subject("incident", incident.id), after={"due_on": due_on}, now=now)
    return row


def due_day(session: Session, organisation: Organisation, resolved_at: datetime) -> date:
    """The business day by which the report on something resolved then is due."""
    closed = _days_off(session, organisation, resolved_at.astimezone(organisation.zone).date())
    return report_due(resolved_at, organisation.zone, closed)


def save_words(session: Session, incident_id: str, heading: Heading, words: str, *, now: datetime) -> None:
    """Keep what is written under one heading.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it is not resolved yet, or too long.
    """
    row = begun_report(session, incident_id, now=now)
    words = printable(words).strip()
    if len(words) > WORDS_MOST:
        raise RefusedError({heading.value: f"This has {len(words):,} characters; the most is {WORDS_MOST:,}."})
    if words == row.words.get(heading, ""):
        return
    row.words, row.saved_at = row.words | {heading.value: words}, now
    facts = {"heading": heading.in_words, "characters": len(words)}
    note(session, "report.written", Subject("incident", row.incident_id), after=facts, now=now)


def tick_page(session: Session, incident_id: str, key: str, *, is_done: bool, now: datetime) -> None:
    """Note that one of the other documents was looked at and is as it should be, or not after all (R61).

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it is not resolved yet.
    """
    row = begun_report(session, incident_id, now=now)
    kept = {name: at for name, at in row.pages.items() if name != key}
    row.pages = kept | ({key: now.isoformat()} if is_done else {})
    facts = {"page": key, "is_done": is_done}
    note(session, "report.page_ticked", Subject("incident", row.incident_id), after=facts, now=now)


def meet(session: Session, incident_id: str, at: datetime | None, place: str, *, now: datetime) -> None:
    """Say when and where people meet about it; participants are told (R64).

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: that time has passed, or the incident is not resolved.
    """
    row, place = begun_report(session, incident_id, now=now), printable(place).strip()
    if at is not None and at <= now:
        raise RefusedError({"meeting_at": "Choose a time that is still to come."})
    if len(place) > PLACE_MOST:
        raise RefusedError({"meeting_place": f"Use at most {PLACE_MOST} characters."})
    row.meeting_at, row.meeting_place = at, place
    incident = session.get(IncidentRow, row.incident_id)
    if at is not None and incident is not None:
        local = at.astimezone(the_organisation(session).zone)
        when = f"{local:%A, %B} {local.day}, {local:%I:%M %p}".replace(", 0", ", ")
        text = f"We meet about “{incident.title}” on {when}. {place}\nWrite down what you saw before then."
        people_asked = [each.account_id for each in observations_of(session, row.incident_id)]
        tell_accounts(session, people_asked, f"Meeting: {incident.title}", text, now=now)
    facts = {"at": at, "place": place}
    note(session, "report.meeting_set", Subject("incident", row.incident_id), after=facts, now=now)


def finish_report(session: Session, report: Report, incident_id: str, *, now: datetime) -> None:
    """Say that the report is whole. `report` is what it says at this moment.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: something is missing, or a person stands beside a fault (R45).
    """
    row = begun_report(session, incident_id, now=now)
    names = [*account_names(session), *(person.name for person in people(session))]
    problems = report_problems(report, names, _unanswered(session, row.incident_id))
    if problems:
        raise RefusedError(problems)
    row.finished_at, row.finished_by = now, actor_of(session).account_id
    facts = {"due_on": row.due_on}
    note(session, "report.finished", Subject("incident", row.incident_id), after=facts, now=now)


def begun_report(session: Session, incident_id: str, *, now: datetime) -> IncidentReportRow:
    """The report of a resolved incident, which nobody else changes until the transaction ends.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it is not resolved yet.
    """
    incident = locked_incident(session, incident_id)
    if incident.resolved_at is None:
        raise RefusedError("The report begins when the incident is resolved.")
    return open_report(session, the_organisation(session), incident, incident.resolved_at, now=now)


def _unanswered(session: Session, incident_id: str) -> list[str]:
    return unanswered(packs(session), pack_answers(session, incident_id))


def _remind(session: Session, owed: OwedReport, today: date, closed: Collection[date], now: datetime) -> None:
    reminder = report_reminder(owed.due_on, today, closed)
    if reminder is None or not take_report_reminder(session, owed.incident_id, today, reminder, now):
        return
    subject = f"{_SUBJECTS[reminder]}: {owed.title}"
    text = f"{subject}. Its last day is {owed.due_on:%A, %B} {owed.due_on.day}. Finish it in the console, under Learn."
    commanders = account_ids_of(session, owed.incident_id, "incident_commander")
    if not tell_accounts(session, commanders, subject, text, now=now):
        tell_staff(session, [Role.COMMANDER], subject, text, now=now)
    if reminder is Reminder.OVERDUE:
        executives = [each.account_id for each in people(session) if "executive" in each.can and each.account_id]
        tell_accounts(session, sorted(set(executives) - set(commanders)), subject, text, now=now)
    note(session, "report.reminded", Subject("incident", owed.incident_id), after={"reminder": reminder}, now=now)


_SUBJECTS: Mapping[Reminder, str] = {
    Reminder.DAY_BEFORE: "A report is due tomorrow",
    Reminder.TODAY: "A report is due today",
    Reminder.OVERDUE: "A report is overdue",
}


def _days_off(session: Session, organisation: Organisation, around: date) -> frozenset[date]:
    return days_off(special_days_between(session, organisation, around - timedelta(days=60), around + _HORIZON))
