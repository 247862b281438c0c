"""Say anew how bad an open incident is and how often members hear of it, with a reason (R5, R6).

Both ways are allowed: an hourly word for a week adds nothing. The change is dated, so that the
cadence counts by the new rule from that moment on and calls nothing missed that was not due then.
"""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.cadence import record_missed
from app.commands.incidents import check_way_round, locked_incident
from app.domain.audit import Subject, changed
from app.domain.errors import RefusedError, StaleVersionError
from app.domain.events import RecordEdited
from app.domain.incidents import Incident, IncidentStatus
from app.domain.severity import Severity, Urgency, impact_of
from app.domain.text import printable
from app.store.incidents import URGENCY_SINCE, IncidentRow, incidents_by_id, newest_way_round
from app.store.outbox import record

REASON_LEAST, REASON_MOST = 5, 500


def weigh_incident(
    session: Session,
    incident_id: str,
    severity: Severity,
    urgency: Urgency,
    reason: str,
    *,
    now: datetime,
    expected_version: int | None = None,
) -> Incident:
    """Give an open incident this severity and urgency. The reason is kept in the audit log, never published.

    The impact on the page follows the severity, unless somebody set it by itself. Nobody is told.

    Raises:
        NotFoundError: there is no such incident.
        StaleVersionError: somebody changed it since the person looked.
        RefusedError: it is over, there is no reason (field "weight_reason"), or it shall be low and members were told
            of no way round (field "weight_severity").
    """
    row = locked_incident(session, incident_id)
    if expected_version is not None and row.version != expected_version:
        raise StaleVersionError("Somebody changed this incident while you were looking.", current=row.version)
    if not IncidentStatus(row.status).is_open:
        raise RefusedError({"weight_reason": "It is over. What it was stays as it is."})
    before, reason = _facts(row), _checked(reason)
    if severity is Severity.LOW and row.severity != severity:
        check_way_round(newest_way_round(session, row.id), "weight_severity")
    record_missed(session, incidents_by_id(session, [row.id])[row.id], now=now)
    _weigh(row, severity, urgency, now)
    was, now_is = changed(before, _facts(row))
    if now_is:
        row.version, row.updated_at = row.version + 1, now
        record(session, RecordEdited(row.id), now)
        facts = now_is | {"reason": reason}
        note(session, "incident.weighed", Subject("incident", row.id), before=was, after=facts, now=now)
    session.flush()
    return incidents_by_id(session, [row.id])[row.id]


def _checked(reason: str) -> str:
    reason = printable(reason).strip()
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        raise RefusedError({"weight_reason": f"Say in a few words why; at most {REASON_MOST} characters."})
    return reason


def _weigh(row: IncidentRow, severity: Severity, urgency: Urgency, now: datetime) -> None:
    if row.severity != severity and "impact_override" not in row.details:
        row.impact = impact_of(severity)
    if row.urgency != urgency:
        row.details = row.details | {URGENCY_SINCE: now.isoformat()}
    row.severity, row.urgency = severity, urgency


def _facts(row: IncidentRow) -> dict[str, object]:
    return {"severity": row.severity, "urgency": row.urgency, "impact": row.impact}
