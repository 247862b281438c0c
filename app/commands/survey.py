"""Keep what members answer after an outage (R47)."""

from datetime import datetime

from sqlmodel import Session

from app.commands.sign_up_limits import within_limits
from app.domain.errors import NotFoundError
from app.domain.survey import SurveyAnswer, SurveyLimits, is_asked
from app.store.incidents import IncidentRow, incident_row
from app.store.survey import SurveyAnswerRow


def asked_incident(session: Session, incident_id: str, *, now: datetime) -> IncidentRow:
    """The incident that members are asked about at this moment.

    Raises:
        NotFoundError: there is none by that name, it is not over, or was over for too long.
    """
    row = incident_row(session, incident_id)
    if row is None or row.is_drill or not is_asked(row.resolved_at, now):
        raise NotFoundError("There is no question about this at the moment.")
    return row


def answer_survey(
    session: Session, incident_id: str, answer: SurveyAnswer, network: str, limits: SurveyLimits, *, now: datetime
) -> bool:
    """Keep one answer; False where that network has answered often enough. Who answered is not kept.

    Raises:
        NotFoundError: nobody is asked about that.
    """
    incident = asked_incident(session, incident_id, now=now)
    if not within_limits(session, limits.of(network, incident.id), now=now):
        return False
    session.add(
        SurveyAnswerRow(
            incident_id=incident.id,
            told=answer.told,
            worked=answer.worked,
            words=answer.words,
            language=answer.language,
            at=now,
        )
    )
    session.flush()
    return True
