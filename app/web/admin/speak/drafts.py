"""What was meant by the words of the composer's form, as the commands want it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.commands.incidents import IncidentDraft
from app.domain.components import ComponentStatus
from app.domain.event_words import EVENT_WORDS
from app.domain.incidents import Headings, IncidentStatus, UpdateDraft
from app.domain.message_templates import MessageEvent
from app.domain.severity import Kind, Severity, Urgency
from app.web.admin.forms import Reading, member_of
from app.web.admin.speak.composer import ANOTHER_TIME, Composer, Words, states_meant


def draft_incident(composer: Composer, zone: ZoneInfo) -> IncidentDraft:
    """A new incident; without a title of its own it gets the one made from what is ticked.

    Raises:
        RefusedError: something chosen is no choice, a time cannot be, or a step is missing (R42).
    """
    words, reading = composer.words, Reading(zone)
    draft = IncidentDraft(
        title=words.title or composer.title_words,
        first_update=_update(composer, reading),
        kind=reading.member("kind", words.kind, Kind) or Kind.OUTAGE,
        severity=reading.member("severity", words.severity, Severity),
        started_at=reading.moment("started_at", words.started_at) if words.started_at else None,
        deadline_at=reading.moment("deadline_at", words.deadline_at) if words.deadline_at else None,
        is_drill=words.is_drill,
        suspicion_id=words.suspicion,
    )
    _require_steps(composer, draft.first_update, reading)
    reading.refuse()
    return draft


def draft_update(composer: Composer, zone: ZoneInfo) -> UpdateDraft:
    """The next update of an incident.

    Raises:
        RefusedError: something chosen is no choice, or a time cannot be.
    """
    reading = Reading(zone)
    draft = _update(composer, reading)
    _require_steps(composer, draft, reading)
    reading.refuse()
    return draft


def rough_draft(composer: Composer, zone: ZoneInfo) -> IncidentDraft:
    """What the form says so far, for a preview: whatever cannot be read is left out."""
    words, reading = composer.words, Reading(zone)
    return IncidentDraft(
        title=words.title or composer.title_words,
        first_update=_update(composer, reading),
        kind=reading.member("kind", words.kind, Kind) or Kind.OUTAGE,
        severity=reading.member("severity", words.severity, Severity),
        started_at=reading.moment("started_at", words.started_at) if words.started_at else None,
        deadline_at=reading.moment("deadline_at", words.deadline_at) if words.deadline_at else None,
        is_drill=words.is_drill,
    )


def _require_steps(composer: Composer, draft: UpdateDraft, reading: Reading) -> None:
    """Of what is urgent or high, members hear what was done and what comes next (R42)."""
    words = composer.words
    is_asked = draft.status.is_open and composer.urgency in (Urgency.URGENT, Urgency.HIGH)
    if not is_asked or not (draft.headings or draft.body):
        return
    for name, text, sentence in (("done", words.done, _DONE), ("next_step", words.next_step, _NEXT)):
        if not text:
            reading.problems.setdefault(name, sentence)


_DONE = "Members need to know what has been done."
_NEXT = "Members need to know what comes next."


def _update(composer: Composer, reading: Reading) -> UpdateDraft:
    words = composer.words
    status = reading.member("status", words.status, IncidentStatus)
    if status is None:
        reading.problems.setdefault("status", "Say how far it is: investigating, identified, monitoring or resolved.")
    is_open = status is None or status.is_open
    return UpdateDraft(
        status=status or IncidentStatus.INVESTIGATING,
        headings=Headings(words.what_happened, words.what_we_are_doing, words.what_is_affected, words.how_to_reach),
        # An end frees every component by itself; what is still ticked then was left over.
        components=_states(composer, reading) if is_open else None,
        next_update_at=_promise(words, reading) if is_open else None,
        footnote=words.footnote,
        notify=words.notify,
        event=_event(words, status or IncidentStatus.INVESTIGATING),
        override=words.override,
    )


def _event(words: Words, status: IncidentStatus) -> MessageEvent | None:
    """The event whose words the notice takes; None where they follow from the facts, or no longer fit the status."""
    event = member_of(MessageEvent, words.event)
    if event in (None, MessageEvent.INVESTIGATING, MessageEvent.UPDATE):
        return None
    return event if event in EVENT_WORDS and status in EVENT_WORDS[event].statuses else None


def _states(composer: Composer, reading: Reading) -> dict[str, ComponentStatus]:
    meant = states_meant(composer.words, composer.incident)
    read = {slug: reading.member("components", state, ComponentStatus) for slug, state in meant.items()}
    if composer.unknown:
        reading.problems["components"] = f"There is no component “{composer.unknown[0][:40]}”."
    return {slug: state for slug, state in read.items() if state is not None}


def _promise(words: Words, reading: Reading) -> datetime | None:
    if words.promise == ANOTHER_TIME:
        return reading.moment("next_update_at", words.promise_at)
    return reading.exact_moment("next_update_at", words.promise) if words.promise else None
