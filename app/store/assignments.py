"""Rows of who takes which part in an incident (R17, R20)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.assignments import Answer, Assignment
from app.store.columns import Moment, new_id
from app.store.incidents import SHOWN, IncidentRow
from app.store.roster import PersonRow, RosterRoleRow


class AssignmentRow(SQLModel, table=True):
    """One part offered to one person. `answered_by` is the account that answered for them."""

    __tablename__ = "assignment"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    role_key: str = Field(foreign_key="roster_role.key", max_length=40)
    person_id: str = Field(foreign_key="person.id", index=True, max_length=12)
    answer: str
    offered_at: datetime = Field(sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    answered_by: str | None = Field(default=None, foreign_key="account.id", max_length=12)


def assignments_of(session: Session, incident_id: str) -> list[Assignment]:
    """Every part offered in an incident, in the order of the roles, then as they were offered."""
    return assignments_by_incident(session, [incident_id])[incident_id]


def assignments_by_incident(session: Session, incident_ids: Collection[str]) -> Mapping[str, list[Assignment]]:
    """The same for several incidents at once, by incident."""
    row = AssignmentRow
    wanted = (
        select(row, RosterRoleRow.name, PersonRow.name, PersonRow.account_id)
        .join(RosterRoleRow, col(RosterRoleRow.key) == col(row.role_key))
        .join(PersonRow, col(PersonRow.id) == col(row.person_id))
        .where(col(row.incident_id).in_(incident_ids))
        .order_by(col(RosterRoleRow.position), col(row.offered_at), col(row.id))
    )
    found: defaultdict[str, list[Assignment]] = defaultdict(list)
    for each, role_name, person, account_id in session.exec(wanted):
        found[each.incident_id].append(_frozen(each, role_name, person, account_id))
    return found


def _frozen(row: AssignmentRow, role_name: str, person: str, account_id: str | None) -> Assignment:
    return Assignment(
        id=row.id,
        incident_id=row.incident_id,
        role=row.role_key,
        role_name=role_name,
        person_id=row.person_id,
        person=person,
        account_id=account_id,
        answer=Answer(row.answer),
        offered_at=row.offered_at,
        answered_at=row.answered_at,
    )


def stale_offers(session: Session, before: datetime) -> list[tuple[str, str, str]]:
    """Offers in open incidents that wait since before then: id, incident and role."""
    row = AssignmentRow
    wanted = (
        select(row.id, row.incident_id, row.role_key)
        .join(IncidentRow, col(IncidentRow.id) == col(row.incident_id))
        .where(row.answer == Answer.OFFERED, row.offered_at <= before, col(IncidentRow.resolved_at).is_(None), SHOWN)
    )
    return list(session.exec(wanted.order_by(col(row.offered_at), col(row.id))))
