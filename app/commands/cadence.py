"""Keep the cadence (R36-R41): skip a word on purpose, remind of those that are due, record those that were missed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.audit import Subject
from app.domain.cadence import Due, Slot, Step, Word, check_skip, counted_from, due_moments, missed, reminder
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import Incident
from app.domain.promises import Day
from app.domain.severity import Urgency
from app.domain.text import printable
from app.store.cadence import CadenceSkipRow, incidents_on_the_clock, keep_misses, skips_of, take_reminder
from app.store.incidents import incidents_by_id, the_incident
from app.store.organisation import organisation_row, the_organisation

REMINDED = (Role.COMMUNICATIONS_LEAD, Role.COMMANDER)
"""Who hears that a word is due: whoever may say it."""

LOOKS_BACK = timedelta(days=2)
"""How long a worker may have been away before a missed word goes unrecorded."""

_AHEAD = timedelta(hours=1)


def words_of(incident: Incident) -> list[Word]:
    """Everything that was said on an incident, as the cadence counts it: the last word from the last change on."""
    words = [Word(update.said_at, update.next_update_at, update.status.is_open) for update in incident.updates]
    return [*words[:-1], *(counted_from(word, incident.urgency_since) for word in words[-1:])]


def skip_update(session: Session, incident_id: str, reason: str, *, now: datetime) -> Due:
    """Let the next due word pass on purpose; the reason is kept and never published.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it is over, nothing can be skipped now (R36, R40, R41), or there is no reason.
    """
    incident = the_incident(session, incident_id)
    if incident is None:
        raise NotFoundError(f"There is no incident “{incident_id[:40]}”.")
    if not incident.is_open or incident.urgency is None:
        raise RefusedError({"skip": "Nothing is due on this incident."})
    skipped = [row.due_at for row in skips_of(session, [incident.id]).get(incident.id, [])]
    reason = printable(reason).strip()[:500]
    due = check_skip(incident.urgency, words_of(incident)[-1], the_organisation(session).day, skipped, reason)
    row = CadenceSkipRow(
        incident_id=incident.id,
        due_at=due.at,
        slot=due.slot,
        reason=reason,
        account_id=actor_of(session).account_id,
        skipped_at=now,
    )
    session.add(row)
    facts = {"due_at": due.at, "slot": due.slot, "reason": reason}
    note(session, "cadence.skipped", Subject("incident", incident.id), after=facts, now=now)
    return due


def tend_cadence(session: Session, *, now: datetime) -> int:
    """Record what was missed and owe the staff the reminders whose time has come; how many reminders.

    Whatever was recorded or sent before is neither again, by this worker or another, wherever the
    clock jumps.
    """
    if organisation_row(session) is None:
        return 0
    day = the_organisation(session).day
    incidents = incidents_by_id(session, incidents_on_the_clock(session, now - LOOKS_BACK))
    skips = skips_of(session, incidents)
    sent = 0
    for incident in incidents.values():
        words = words_of(incident)
        if words and incident.urgency:
            skipped = {row.due_at for row in skips.get(incident.id, [])}
            _record_missed(session, incident, incident.urgency, words, day, skipped, now)
            sent += _remind(session, incident, incident.urgency, words[-1], day, skipped, now)
    return sent


def record_missed(session: Session, incident: Incident, *, now: datetime) -> None:
    """Record what was missed up to now. Before the urgency changes, because the past is judged by what held then."""
    words = words_of(incident)
    if words and incident.urgency:
        skipped = {row.due_at for row in skips_of(session, [incident.id]).get(incident.id, [])}
        day = the_organisation(session).day
        _record_missed(session, incident, incident.urgency, words, day, skipped, now)


def _record_missed(
    session: Session,
    incident: Incident,
    urgency: Urgency,
    words: Sequence[Word],
    day: Day,
    skipped: set[datetime],
    now: datetime,
) -> None:
    since = max(now - LOOKS_BACK, incident.urgency_since or incident.started_at)
    keep_misses(session, incident.id, missed(urgency, words, day, skipped, since=since, now=now), now)


def _remind(
    session: Session,
    incident: Incident,
    urgency: Urgency,
    word: Word,
    day: Day,
    skipped: set[datetime],
    now: datetime,
) -> int:
    sent = 0
    for due in due_moments(urgency, word, day, now + _AHEAD):
        step = None if due.at in skipped else reminder(due, now)
        if step and take_reminder(session, incident.id, due, step, now):
            subject, text = _message(incident, due, step, day, now)
            tell_staff(session, REMINDED, subject, text, now=now)
            sent += 1
    return sent


_WHAT = {
    Slot.PROMISE: "The promised update",
    Slot.HOURLY: "The hourly update",
    Slot.FIRST_THING: "The first update of the day",
    Slot.LUNCHTIME: "The lunchtime update",
    Slot.END_OF_DAY: "The end-of-day update",
}


def _message(incident: Incident, due: Due, step: Step, day: Day, now: datetime) -> tuple[str, str]:
    """Subject and text of a reminder."""
    clock = f"{due.at.astimezone(day.zone):%I:%M %p}".lstrip("0")
    when = {
        Step.HOUR_BEFORE: f"is due at {clock}, in an hour.",
        Step.SOON: f"is due at {clock}, in {max(1, round((due.at - now).total_seconds() / 60))} minutes.",
        Step.NOW: f"is due now ({clock}).",
        Step.LATE: f"was due at {clock} and is late. The page says so.",
    }[step]
    sentence = f"{_WHAT[due.slot]} {when}"
    act = "Post it, even if nothing is new"
    act += ", or skip it with a reason." if due.slot.can_be_skipped and step is not Step.LATE else "."
    return f"{incident.title}: {sentence}", f"{sentence}\n\n{act}\n"
