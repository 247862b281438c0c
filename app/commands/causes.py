"""Name causes of an incident, and say later which were right (R49)."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.incidents import locked_incident
from app.commands.timeline import tell
from app.domain.audit import Subject
from app.domain.causes import CauseState, checked_cause
from app.domain.errors import NotFoundError
from app.domain.timeline import EntryKind
from app.store.causes import CauseRow


def name_cause(
    session: Session, incident_id: str, words: str, *, now: datetime, state: CauseState = CauseState.SUSPECTED
) -> CauseRow:
    """Write down one cause; there may be many.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: no words, or too many.
    """
    row = locked_incident(session, incident_id)
    actor = actor_of(session)
    cause = CauseRow(
        incident_id=row.id,
        words=checked_cause(words),
        state=state,
        account_id=actor.account_id,
        author=actor.name,
        created_at=now,
        judged_at=now,
    )
    session.add(cause)
    session.flush()
    tell(session, row, EntryKind.DIAGNOSIS, f"{state.in_words}: {cause.words}", now=now)
    facts = {"words": cause.words, "state": state}
    note(session, "cause.named", Subject("incident", row.id), after=facts, now=now)
    return cause


def judge_cause(session: Session, incident_id: str, cause_id: str, state: CauseState, *, now: datetime) -> None:
    """Say how sure we are of a cause.

    Raises:
        NotFoundError: there is no such incident or cause.
    """
    row = locked_incident(session, incident_id)
    cause = session.get(CauseRow, cause_id)
    if cause is None or cause.incident_id != row.id:
        raise NotFoundError("There is no such cause on this incident.")
    if cause.state == state:
        return
    before, cause.state, cause.judged_at = cause.state, state, now
    tell(session, row, EntryKind.DIAGNOSIS, f"{state.in_words}: {cause.words}", now=now)
    facts = {"words": cause.words, "state": state}
    note(session, "cause.judged", Subject("incident", row.id), before={"state": before}, after=facts, now=now)
