"""Answer the four questions about an incident: the urgency follows, and the answers are kept (R6)."""

from dataclasses import asdict
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incident_weight import weigh_incident
from app.commands.incidents import locked_incident
from app.domain.audit import Subject
from app.domain.incidents import Incident
from app.domain.severity import Severity
from app.domain.urgency import UrgencyAnswers
from app.store.incidents import URGENCY_ANSWERS


def answer_urgency(
    session: Session, incident_id: str, answers: UrgencyAnswers, *, now: datetime, expected_version: int | None = None
) -> Incident:
    """Give an open incident the urgency that follows from the answers; its severity stays.

    Raises:
        NotFoundError: there is no such incident.
        StaleVersionError: somebody changed it since the person looked.
        RefusedError: it is over.
    """
    row = locked_incident(session, incident_id)
    severity = Severity(row.severity or Severity.MEDIUM)
    reason = f"Answered {answers.in_words}"
    weighed = weigh_incident(
        session, incident_id, severity, answers.urgency, reason, now=now, expected_version=expected_version
    )
    before = row.details.get(URGENCY_ANSWERS)
    row.details = row.details | {URGENCY_ANSWERS: asdict(answers)}
    after = asdict(answers) | {"urgency": answers.urgency}
    note(session, "incident.urgency_answered", Subject("incident", row.id), before=before, after=after, now=now)
    return weighed
