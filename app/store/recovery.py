"""Rows of the recovery steps of components, and of what was ticked in one incident (R53, R54)."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment, new_id


class RecoveryStepRow(SQLModel, table=True):
    """One step of a component, the same for every incident."""

    __tablename__ = "recovery_step"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    component_id: str = Field(foreign_key="component.id", index=True, max_length=12)
    purpose: str
    words: str
    position: int


class RecoveryTickRow(SQLModel, table=True):
    """One step that was done in one incident. `words` and `component` are kept as they were then."""

    __tablename__ = "recovery_tick"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True, max_length=12)
    ref: str = Field(primary_key=True, max_length=12)
    purpose: str
    component: str
    words: str
    done_at: datetime = Field(sa_type=Moment)
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    by: str


def steps_of(session: Session, component_id: str) -> list[RecoveryStepRow]:
    """The steps of one component, in order."""
    wanted = select(RecoveryStepRow).where(RecoveryStepRow.component_id == component_id)
    return list(session.exec(wanted.order_by(col(RecoveryStepRow.purpose), col(RecoveryStepRow.position))))


def tick_row(session: Session, incident_id: str, ref: str) -> RecoveryTickRow | None:
    """The tick of one step in one incident."""
    return session.get(RecoveryTickRow, (incident_id, ref))
