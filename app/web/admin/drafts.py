"""What was meant by the words of the composer's form, as the commands want it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.commands.incidents import IncidentDraft
from app.domain.components import ComponentStatus
from app.domain.incidents import Headings, Incident, IncidentStatus, UpdateDraft
from app.domain.severity import Kind, Severity
from app.web.admin.composer import ANOTHER_TIME, Words, states_meant
from app.web.admin.forms import Reading


def draft_incident(words: Words, zone: ZoneInfo, title_words: str) -> IncidentDraft:
    """A new incident; without a title of its own it gets `title_words`.

    Raises:
        RefusedError: something chosen is no choice, or a time cannot be.
    """
    reading = Reading(zone)
    draft = IncidentDraft(
        title=words.title or title_words,
        first_update=_update(words, reading, None),
        kind=reading.member("kind", words.kind, Kind) or Kind.OUTAGE,
        severity=reading.member("severity", words.severity, Severity),
        started_at=reading.moment("started_at", words.started_at) if words.started_at else None,
    )
    reading.refuse()
    return draft


def draft_update(words: Words, zone: ZoneInfo, incident: Incident) -> UpdateDraft:
    """The next update of an incident.

    Raises:
        RefusedError: something chosen is no choice, or a time cannot be.
    """
    reading = Reading(zone)
    draft = _update(words, reading, incident)
    reading.refuse()
    return draft


def _update(words: Words, reading: Reading, incident: Incident | None) -> UpdateDraft:
    status = reading.member("status", words.status, IncidentStatus)
    if status is None:
        reading.problems.setdefault("status", "Say how far it is: investigating, identified, monitoring or resolved.")
    is_open = status is None or status.is_open
    return UpdateDraft(
        status=status or IncidentStatus.INVESTIGATING,
        headings=Headings(words.what_happened, words.what_we_are_doing, words.what_is_affected, words.how_to_reach),
        # An end frees every component by itself; what is still ticked then was left over.
        components=_states(words, reading, incident) if is_open else None,
        next_update_at=_promise(words, reading) if is_open else None,
        footnote=words.footnote,
        notify=words.notify,
    )


def _states(words: Words, reading: Reading, incident: Incident | None) -> dict[str, ComponentStatus]:
    read = {
        slug: reading.member("components", state, ComponentStatus)
        for slug, state in states_meant(words, incident).items()
    }
    return {slug: state for slug, state in read.items() if state is not None}


def _promise(words: Words, reading: Reading) -> datetime | None:
    if words.promise == ANOTHER_TIME:
        return reading.moment("next_update_at", words.promise_at)
    return reading.exact_moment("next_update_at", words.promise) if words.promise else None
