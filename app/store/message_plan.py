"""Rows of the communications plan of each incident (R25, R46)."""

from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.incidents import IncidentStatus
from app.domain.message_plan import Audience, Medium, PlanItem
from app.store.accounts import AccountRow
from app.store.columns import Moment, new_id
from app.store.incidents import SHOWN, IncidentRow, IncidentUpdateRow

_OPEN = [status.value for status in IncidentStatus if status.is_open]


class PlanItemRow(SQLModel, table=True):
    """One thing to say to one audience, by something, by a time; `done_at` once it was."""

    __tablename__ = "plan_item"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    audience: str
    medium: str
    due_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    done_by: str | None = Field(default=None, foreign_key="account.id", max_length=12)


def plan_of(session: Session, incident_id: str) -> list[PlanItem]:
    """The plan as it was laid out and ticked, in the order of audiences and times."""
    wanted = select(PlanItemRow, AccountRow.name).outerjoin(AccountRow, col(AccountRow.id) == col(PlanItemRow.done_by))
    items = [
        PlanItem(row.id, Audience(row.audience), Medium(row.medium), row.due_at, row.done_at, name or "")
        for row, name in session.exec(wanted.where(PlanItemRow.incident_id == incident_id))
    ]
    order = {audience: rank for rank, audience in enumerate(Audience)}
    return sorted(items, key=lambda item: (order[item.audience], item.due_at, item.id))


def unplanned_incidents(session: Session, now: datetime, age: timedelta) -> list[IncidentRow]:
    """Open incidents that were opened within that time and have no plan; locked."""
    has_plan = select(PlanItemRow.incident_id).where(col(PlanItemRow.incident_id) == col(IncidentRow.id)).exists()
    wanted = select(IncidentRow).where(
        col(IncidentRow.status).in_(_OPEN), col(IncidentRow.created_at) > now - age, ~has_plan, SHOWN
    )
    return list(session.exec(wanted.with_for_update(skip_locked=True)))


def moments_told(session: Session, incident_id: str) -> list[datetime]:
    """When words about an incident were sent to members, oldest first."""
    row = IncidentUpdateRow
    wanted = select(row.created_at).where(row.incident_id == incident_id, col(row.deliver_notifications))
    return list(session.exec(wanted.order_by(col(row.created_at))))
