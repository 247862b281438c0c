"""Ask everybody who took part what they saw, before anybody meets, and say when that is (R64)."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.staff_messages import tell_accounts
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.plain_language import refusals
from app.domain.text import printable
from app.store.accounts import account_names
from app.store.incidents import IncidentRow
from app.store.report import ObservationRow, observations_of, participant_ids

WORDS_MOST = 5_000

TEMPLATE = (
    "What did you see first, and when?",
    "What did you expect to happen that did not?",
    "What helped, and what was missing?",
    "What would you change first?",
)
"""What a participant is asked: about the work and the tools, never about a person."""


def ask_participants(session: Session, incident_id: str, *, now: datetime) -> int:
    """Ask whoever took part and was not asked yet; how many."""
    known = {each.account_id for each in observations_of(session, incident_id)}
    fresh = [each for each in participant_ids(session, incident_id) if each not in known]
    session.add_all(ObservationRow(incident_id=incident_id, account_id=each, asked_at=now) for each in fresh)
    session.flush()
    incident = session.get(IncidentRow, incident_id)
    if fresh and incident is not None:
        subject = f"What did you see? {incident.title}"
        text = "\n".join(
            (
                f"{incident.title} is resolved. Before we meet, write down what you saw:",
                *(f"- {question}" for question in TEMPLATE),
                "A few sentences in the console are enough: open the incident, then Learn.",
            )
        )
        tell_accounts(session, fresh, subject, text, now=now)
        note(session, "observation.asked", Subject("incident", incident_id), after={"people": len(fresh)}, now=now)
    return len(fresh)


def write_observation(session: Session, incident_id: str, account_id: str, words: str, *, now: datetime) -> None:
    """Keep what a participant saw.

    Raises:
        NotFoundError: this person was not asked.
        RefusedError: no words, too many, or a person beside a fault (R45).
    """
    row = session.get(ObservationRow, (incident_id, account_id))
    if row is None:
        raise NotFoundError("You were not asked about this incident.")
    words = printable(words).strip()
    if not words or len(words) > WORDS_MOST:
        raise RefusedError({"observation": f"Write what you saw, in at most {WORDS_MOST:,} characters."})
    problems = refusals({"observation": words}, account_names(session))
    if problems:
        raise RefusedError(problems)
    row.words, row.written_at = words, now
    facts = {"characters": len(words)}
    note(session, "observation.written", Subject("incident", incident_id), after=facts, now=now)
