"""Say that an incident repeats an older one, or that it does not after all (R65)."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import locked_incident
from app.domain.actions import digest, undone
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.timeline import EntryKind
from app.store.actions import actions_of
from app.store.incidents import incident_row
from app.store.repeats import REPEAT_OF, repeated
from app.store.timeline import TimelineEntryRow


def mark_repeat(session: Session, incident_id: str, past_id: str, seen: str, *, now: datetime) -> None:
    """Say that it repeats that incident; an empty id takes it back.

    `seen` is what the person was shown of the old actions (`app.domain.actions.digest`): nobody says "again"
    without having looked at what was to be done about it the last time.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: it would repeat itself, or the old actions are others than were shown.
    """
    row = locked_incident(session, incident_id)
    before = repeated(row)
    if not past_id:
        row.details = {name: value for name, value in row.details.items() if name != REPEAT_OF}
        note(session, "incident.repeat_withdrawn", Subject("incident", row.id), before={"of": before}, now=now)
        return
    past = incident_row(session, past_id)
    if past is None:
        raise NotFoundError("There is no such incident.")
    if past.id == row.id:
        raise RefusedError({"past": "An incident does not repeat itself."})
    actions = actions_of(session, past.id)
    if seen != digest(actions):
        raise RefusedError({"past": "Look at what was to be done the last time, as it is now; then say so again."})
    row.details = row.details | {REPEAT_OF: past.id}
    left = undone(actions)
    words = f"This has happened before: {past.title}. " + (
        f"Still to be done from then: {'; '.join(action.words for action in left)}." if left else "All was done since."
    )
    session.add(
        TimelineEntryRow(incident_id=row.id, kind=EntryKind.DIAGNOSIS, words=words[:4_000], at=now, created_at=now)
    )
    facts = {"of": past.id, "undone": [action.words for action in left]}
    note(session, "incident.repeat_marked", Subject("incident", row.id), before={"of": before}, after=facts, now=now)
