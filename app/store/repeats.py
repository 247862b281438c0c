"""Past incidents as they are compared with a new one, and which repeats which (R65)."""

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.domain.repeats import PastIncident
from app.domain.report import Heading
from app.store.actions import actions_by_incident
from app.store.components import ComponentRow
from app.store.incidents import REAL, IncidentComponentRow, IncidentRow
from app.store.report import IncidentReportRow

REPEAT_OF = "repeat_of"
"""Under what name the details of an incident keep the id of the one it repeats."""

_MOST = 500


def past_incidents(session: Session, besides: str) -> list[PastIncident]:
    """The newest incidents that are over, each with its cause and actions, in three statements."""
    row, report = IncidentRow, IncidentReportRow
    wanted = (
        select(col(row.id), col(row.title), col(report.words))
        .outerjoin(report, col(report.incident_id) == col(row.id))
        .where(REAL, col(row.resolved_at).is_not(None), row.id != besides)
        .order_by(col(row.started_at).desc())
        .limit(_MOST)
    )
    found = list(session.exec(wanted))
    ids = [incident_id for incident_id, _, _ in found]
    failed, actions = _components(session, ids), actions_by_incident(session, ids)
    return [
        PastIncident(
            id=incident_id,
            title=title,
            components=failed.get(incident_id, frozenset()),
            cause=(words or {}).get(Heading.CAUSE, ""),
            actions=tuple(actions.get(incident_id, ())),
        )
        for incident_id, title, words in found
    ]


def repeated(row: IncidentRow) -> str:
    """The id of the incident that this one repeats; empty where nobody has said so."""
    return str(row.details.get(REPEAT_OF, ""))


def _components(session: Session, ids: list[str]) -> Mapping[str, frozenset[str]]:
    slugs: defaultdict[str, set[str]] = defaultdict(set)
    wanted = (
        sa.select(col(IncidentComponentRow.incident_id), col(ComponentRow.slug))
        .join_from(IncidentComponentRow, ComponentRow, col(ComponentRow.id) == col(IncidentComponentRow.component_id))
        .where(col(IncidentComponentRow.incident_id).in_(ids))
    )
    for incident_id, slug in session.execute(wanted):
        slugs[incident_id].add(slug)
    return {incident_id: frozenset(found) for incident_id, found in slugs.items()}
