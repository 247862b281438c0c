"""Call people out: for a suspicion at once, for an incident within seconds, step by step by the clock (R7, R15).

Our rows are the truth. A call-out is one for each suspicion or incident, begins again when that comes
back, and takes each step once; both are keys in the database, so that two workers, a missed tick, a restart and a
clock that jumps neither repeat nor drop a page.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.assignments import answer_offer, lapse_offers
from app.commands.audit import note
from app.commands.incidents import severity_from
from app.commands.page_words import Matter, call_words, outside_words, over_words, vendor_words
from app.commands.pages import owe_vendor_call, page_person, tell_outside
from app.commands.suspicions import acknowledge
from app.domain.assignments import Answer
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.escalation import By, CallOut, EscalationStep, KeyAnswer, Outside, due_steps
from app.domain.incidents import Incident, reopening
from app.domain.pages import next_in_line, who_is_paged
from app.domain.roster import Roster
from app.domain.severity import Severity
from app.domain.suspicions import Outcome, Suspicion
from app.store.assignments import assignments_of
from app.store.columns import new_id
from app.store.components import live_components
from app.store.escalation import (
    CallOutRow,
    begin_again,
    call_out_row,
    call_outs_of,
    insert_call_out,
    matrix,
    open_call_outs,
    outside_contacts,
    take_step,
    taken_steps,
    the_call_out,
)
from app.store.incidents import open_incidents, speaker_since, the_incident
from app.store.organisation import organisation_row, the_organisation
from app.store.pages import PageRow, newest_page_to, page_row, paged_people, reached_people
from app.store.roster import PersonRow, the_roster
from app.store.suspicions import suspicions_of, the_suspicion
from app.store.vendors import vendors_of

REPLIES_COUNT_FOR = timedelta(hours=24)
"""How long a page may be answered by a text that names nothing."""

_CATCHES_UP = timedelta(hours=12)
"""How old an incident may be before nobody is called about it for the first time."""


def call_out(session: Session, suspicion: Suspicion) -> None:
    """Call whoever is on duty about a new suspicion, in the transaction that opens it (`OnSuspected`)."""
    now = suspicion.opened_at
    if organisation_row(session) is None or not matrix(session):
        return
    states = dict.fromkeys(suspicion.slugs, ComponentStatus.MAJOR_OUTAGE)
    severity = severity_from(session, states) if states else Severity.HIGH
    _begin(session, severity, now, suspicion_id=suspicion.id, now=now)
    _take_steps(session, now)


def tend_call_outs(session: Session, *, now: datetime) -> int:
    """Begin, continue and end call-outs as rows and time ask for; how many steps were taken."""
    if organisation_row(session) is None:
        return 0
    if matrix(session):
        for incident in open_incidents(session, drills=True):
            _follow(session, incident, now)
    for each in open_call_outs(session):
        _refresh(session, each, now)
    lapse_offers(session, now=now)
    taken = _take_steps(session, now)
    _page_unasked(session, now)
    return taken


def _follow(session: Session, incident: Incident, now: datetime) -> None:
    """The call-out of an incident: the one of its suspicion goes on, otherwise one begins; it begins again with it."""
    for each in call_outs_of(session, incident.id):
        _call_again(session, each, incident, now)
        return
    if incident.severity is None:
        return
    known = {each.suspicion_id: each for each in open_call_outs(session)}
    for suspicion in suspicions_of(session, incident.id):
        if suspicion.id in known:
            call_out_row(session, known[suspicion.id].id).incident_id = incident.id
            session.flush()
            return
    if now - incident.created_at < _CATCHES_UP:
        _begin(session, incident.severity, incident.created_at, incident_id=incident.id, now=now)


def _call_again(session: Session, call_out: CallOut, incident: Incident, now: datetime) -> None:
    """It came back after it was over: whoever was on it has gone home, and everybody is called anew."""
    back = reopening(incident)
    if call_out.ended_at is None or back is None or now - back.created_at >= _CATCHES_UP:
        return
    if begin_again(session, call_out.id, back.created_at):
        facts = {"incident": incident.id, "severity": incident.severity, "again": True}
        note(session, "call_out.begun", Subject("call_out", call_out.id), after=facts, now=now)


def _begin(
    session: Session,
    severity: Severity,
    began_at: datetime,
    *,
    suspicion_id: str | None = None,
    incident_id: str | None = None,
    now: datetime,
) -> None:
    call_out_id = new_id()
    if insert_call_out(session, call_out_id, severity, began_at, suspicion_id=suspicion_id, incident_id=incident_id):
        facts = {"severity": severity, "suspicion": suspicion_id, "incident": incident_id}
        note(session, "call_out.begun", Subject("call_out", call_out_id), after=facts, now=now)


def _refresh(session: Session, call_out: CallOut, now: datetime) -> None:
    """What happened elsewhere since: somebody said "on it", took a part or opened it; it weighs more, or is over."""
    row = call_out_row(session, call_out.id)
    incident = the_incident(session, call_out.incident_id) if call_out.incident_id else None
    suspicion = the_suspicion(session, call_out.suspicion_id) if call_out.suspicion_id else None
    if incident is not None:
        row.severity = incident.severity or row.severity
        _heed_incident(session, row, incident)
    elif suspicion is not None and suspicion.acknowledged_at and row.answered_at is None:
        row.answered_at, row.answered_as = suspicion.acknowledged_at, suspicion.acknowledged_by
        row.answered_how = "in the console"
    is_over = not incident.is_open if incident else suspicion is None or not suspicion.is_open
    if is_over and row.ended_at is None:
        row.ended_at = now
        note(session, "call_out.ended", Subject("call_out", row.id), now=now)
        goes_on = suspicion is not None and suspicion.outcome is Outcome.INCIDENT and incident is None
        if row.answered_at is None and not goes_on:
            _stand_down(session, call_out, now)
    session.flush()


def _stand_down(session: Session, call_out: CallOut, now: datetime) -> None:
    """Whoever was called and never answered may go back to sleep, and is told so by text."""
    words, roster = over_words(the_matter(session, call_out)), the_roster(session, now)
    for person_id, role in reached_people(session, call_out.id).items():
        if person := roster.person(person_id):
            page_person(session, call_out.id, person, role, (By.SMS,), words, asks=False, now=now)


def _heed_incident(session: Session, row: CallOutRow, incident: Incident) -> None:
    """Whoever opened it with their own account or brought it back, or has taken a part since, is on it."""
    if row.answered_at is not None:
        return
    speaker = speaker_since(session, incident.id, row.began_at)
    taken = [
        each
        for each in assignments_of(session, incident.id)
        if each.is_accepted and each.answered_at and each.answered_at >= row.began_at
    ]
    if speaker:
        row.answered_as, row.answered_at = speaker
        row.answered_how = "opened it"
    elif taken:
        first = min(taken, key=lambda each: each.answered_at or each.offered_at)
        row.answered_at, row.answered_by, row.answered_how = first.answered_at, first.person_id, "took a part"


def _take_steps(session: Session, now: datetime) -> int:
    steps, opened = matrix(session), open_call_outs(session)
    taken = taken_steps(session, [each.id for each in opened])
    return sum(
        _take(session, each, step, now)
        for each in opened
        for step in due_steps(steps, each, taken[each.id], now)
        if take_step(session, each.id, step.id, now)
    )


def _take(session: Session, call_out: CallOut, step: EscalationStep, now: datetime) -> bool:
    """Page everybody the step names; whoever opened the incident need not be told of it."""
    matter, roster = the_matter(session, call_out), the_roster(session, now)
    people = who_is_paged(roster, [key for key in step.notify if roster.role(key)], now)
    for role, person in people.items():
        if person.account_id is None or person.account_id != matter.opened_by:
            words = call_words(matter, _called(roster, role), asks=call_out.answered_at is None)
            page_person(session, call_out.id, person, role, step.by, words, asks=True, now=now)
    _tell_outside(session, call_out, step, matter, now)
    facts = {"step": step.id, "after_minutes": step.after_minutes, "notify": list(step.notify), "by": list(step.by)}
    note(session, "call_out.step_taken", Subject("call_out", call_out.id), after=facts, now=now)
    return True


def _called(roster: Roster, role: str) -> str:
    part = roster.role(role)
    return part.name if part else role


def _tell_outside(session: Session, call_out: CallOut, step: EscalationStep, matter: Matter, now: datetime) -> None:
    """Whoever is not of the staff; of a drill they hear nothing (R70)."""
    if matter.is_drill:
        return
    kinds = [kind for kind in Outside if kind in step.notify]
    contacts = outside_contacts(session, kinds)
    for kind in kinds:
        words = vendor_words(matter) if kind is Outside.VENDOR else outside_words(matter)
        named = [each for each in contacts if each.kind == kind]
        tell_outside(session, call_out.id, kind, named, step.by, words, now=now)
        if kind is Outside.VENDOR:
            for vendor in vendors_of(session, matter.slugs):
                owe_vendor_call(session, call_out.id, vendor.name, vendor.escalation, words, now=now)


def _page_unasked(session: Session, now: datetime) -> None:
    """Whoever is offered a part and was not called for it is told by mail, and by text once others declined."""
    for call_out in open_call_outs(session):
        if call_out.incident_id is None:
            continue
        asked = paged_people(session, call_out.id)
        for each in assignments_of(session, call_out.incident_id):
            if each.answer is Answer.OFFERED and each.person_id not in asked:
                person = the_roster(session, now).person(each.person_id)
                if person is not None:
                    words = call_words(the_matter(session, call_out), each.role_name, asks=True)
                    page_person(session, call_out.id, person, each.role, (By.SMS, By.EMAIL), words, now=now)
                    asked.add(each.person_id)


def the_matter(session: Session, call_out: CallOut) -> Matter:
    """What a page is about, from the incident where there is one, otherwise from the suspicion."""
    organisation = the_organisation(session)
    names = {item.slug: item.short_name for item in live_components(session)}
    incident = the_incident(session, call_out.incident_id) if call_out.incident_id else None
    if incident is not None:
        touched = [each.name for each in incident.components]
        slugs = tuple(each.slug for each in incident.components)
        speaker = speaker_since(session, incident.id, call_out.began_at)
        return Matter(
            organisation.short_name, organisation.zone, incident.title, touched, (), call_out.severity,
            incident.started_at, is_drill=incident.is_drill,
            slugs=slugs, opened_by=speaker[0] if speaker else None,
        )  # fmt: skip
    suspicion = the_suspicion(session, call_out.suspicion_id) if call_out.suspicion_id else None
    signs = suspicion.signs if suspicion else ()
    touched = [names.get(slug, slug) for slug in suspicion.slugs] if suspicion else []
    return Matter(
        organisation.short_name, organisation.zone, "", touched, [sign.words for sign in signs], call_out.severity,
        call_out.began_at, slugs=suspicion.slugs if suspicion else (),
    )  # fmt: skip


def answer_page(session: Session, page_id: str, answer: KeyAnswer, how: str, *, now: datetime) -> str:
    """Whoever was paged takes it or passes it on; what to say to them. The first answer counts.

    `how` is "by telephone", "by text" or "by the link in a mail".

    Raises:
        NotFoundError: there is no such page.
    """
    row = page_row(session, page_id)
    if row is None or row.person_id is None or not row.asks:
        raise NotFoundError("There is no such call.")
    return _answer(session, row, answer, how, now)


def answer_by_text(session: Session, person_ids: Collection[str], answer: KeyAnswer, *, now: datetime) -> str | None:
    """The same for a text, which answers the newest page to that telephone; None where nothing was asked."""
    row = newest_page_to(session, person_ids, now - REPLIES_COUNT_FOR)
    return _answer(session, row, answer, "by text", now) if row else None


def _answer(session: Session, row: PageRow, answer: KeyAnswer, how: str, now: datetime) -> str:
    call_out = the_call_out(session, row.call_out_id)
    person = session.get(PersonRow, row.person_id) if row.person_id else None
    if call_out is None or person is None:
        raise NotFoundError("There is no such call.")
    if call_out.ended_at is not None:
        return "It is over. Thank you; nothing is left to do."
    if row.answer is None:
        row.answer, row.answered_at = answer, now
        facts = {"person": person.id, "answer": answer, "how": how}
        note(session, "page.answered", Subject("call_out", call_out.id), after=facts, now=now)
    _answer_offers(session, call_out, person, answer, now)
    if answer is KeyAnswer.TAKE:
        return _take_on(session, call_out, person, how, now)
    return _pass_on(session, call_out, row, now)


def _answer_offers(session: Session, call_out: CallOut, person: PersonRow, answer: KeyAnswer, now: datetime) -> None:
    """Taking it takes the parts that were offered, passing it on declines them."""
    for each in assignments_of(session, call_out.incident_id) if call_out.incident_id else ():
        if each.person_id == person.id and each.answer is Answer.OFFERED:
            try:
                accept = answer is KeyAnswer.TAKE
                answer_offer(session, each.id, accept=accept, account_id=person.account_id, now=now)
            except RefusedError:  # somebody else has the part by now, which is as good
                continue


def _take_on(session: Session, call_out: CallOut, person: PersonRow, how: str, now: datetime) -> str:
    if call_out.answered_at is not None:
        return f"{call_out.answered_by or 'Somebody'} is on it already. You are noted as well."
    row = call_out_row(session, call_out.id)
    row.answered_at, row.answered_by, row.answered_how = now, person.id, how
    session.flush()
    facts = {"person": person.id, "how": how, "after_seconds": round((now - row.began_at).total_seconds())}
    note(session, "call_out.answered", Subject("call_out", row.id), after=facts, now=now)
    suspicion = the_suspicion(session, row.suspicion_id) if row.suspicion_id else None
    if suspicion and suspicion.is_open:
        acknowledge(session, suspicion.id, person.account_id, now=now)
    return "You have it. Nobody else is called for want of an answer."


def _pass_on(session: Session, call_out: CallOut, row: PageRow, now: datetime) -> str:
    """Page whoever comes next for the same part, by every way."""
    roster = the_roster(session, now)
    person = next_in_line(roster.answering(row.role, now), paged_people(session, call_out.id))
    if person is None:
        return "Noted. Nobody is left to pass it to: please call the incident commander yourself."
    words = call_words(the_matter(session, call_out), _called(roster, row.role), asks=True)
    page_person(session, call_out.id, person, row.role, tuple(By), words, now=now)
    return f"Passed on. {person.name} is called now."


def take_in_console(session: Session, incident_id: str, account_id: str, *, now: datetime) -> None:
    """Somebody says "on it" on an incident's page; whoever says it later changes nothing.

    Raises:
        NotFoundError: there is no such incident.
    """
    incident = the_incident(session, incident_id)
    if incident is None:
        raise NotFoundError(f"There is no incident “{incident_id[:40]}”.")
    _follow(session, incident, now)
    for each in call_outs_of(session, incident.id):
        row = call_out_row(session, each.id)
        if row.answered_at is None:
            row.answered_at, row.answered_as, row.answered_how = now, account_id, "in the console"
            facts = {"account": account_id, "how": row.answered_how}
            note(session, "call_out.answered", Subject("call_out", row.id), after=facts, now=now)


_CALL_ENDED = {
    "completed": "Somebody or a mailbox answered; no key was pressed",
    "busy": "Busy",
    "no-answer": "No answer",
    "failed": "The call could not be put through",
    "canceled": "Cancelled",
}


def note_call(session: Session, page_id: str, status: str) -> None:
    """Keep how a call ended, in the words of the log; a call that was answered by key keeps its answer."""
    row = page_row(session, page_id)
    if row is not None and status in _CALL_ENDED:
        row.words = _CALL_ENDED[status]
