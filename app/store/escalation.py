"""Rows of the escalation matrix, of call-outs, and of the steps that were taken (R15)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.escalation import By, CallOut, EscalationStep, Outside
from app.domain.severity import Severity
from app.store.accounts import AccountRow
from app.store.columns import Moment, new_id
from app.store.once import insert_once
from app.store.roster import PersonRow


class EscalationStepRow(SQLModel, table=True):
    """One row of the matrix. `notify` are role keys and `Outside` ones, `by` ways."""

    __tablename__ = "escalation_step"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    severity: str
    after_minutes: int
    only_unanswered: bool
    notify: list[str] = Field(sa_type=JSON)
    by: list[str] = Field(sa_type=JSON)


class OutsideContactRow(SQLModel, table=True):
    """Somebody outside the roster whom a step may name. Addresses are sealed."""

    __tablename__ = "outside_contact"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    kind: str = Field(index=True)
    name: str
    phone_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    email_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)


class CallOutRow(SQLModel, table=True):
    """Trouble that people are called about: one row for a suspicion and the incident it becomes."""

    __tablename__ = "call_out"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    suspicion_id: str | None = Field(default=None, foreign_key="suspicion.id", unique=True, max_length=12)
    incident_id: str | None = Field(default=None, foreign_key="incident.id", unique=True, max_length=12)
    severity: str
    began_at: datetime = Field(sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    answered_by: str | None = Field(default=None, foreign_key="person.id", max_length=12)
    answered_as: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    answered_how: str = ""
    ended_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


class TakenStepRow(SQLModel, table=True):
    """A step that was taken. The key is what makes it once, whichever worker looks and whatever its clock says."""

    __tablename__ = "call_out_step"

    call_out_id: str = Field(foreign_key="call_out.id", primary_key=True, max_length=12)
    step_id: str = Field(primary_key=True, max_length=12)
    taken_at: datetime = Field(sa_type=Moment)


def matrix(session: Session) -> list[EscalationStep]:
    """Every step, by severity from the worst, then by time."""
    order = {severity: rank for rank, severity in enumerate(Severity)}
    steps = [_step(row) for row in session.exec(select(EscalationStepRow))]
    return sorted(steps, key=lambda step: (order[step.severity], step.after_minutes, step.id))


def _step(row: EscalationStepRow) -> EscalationStep:
    ways = tuple(By(way) for way in row.by)
    return EscalationStep(
        row.id, Severity(row.severity), row.after_minutes, row.only_unanswered, tuple(row.notify), ways
    )


def outside_contacts(session: Session, kinds: Collection[str] = tuple(Outside)) -> list[OutsideContactRow]:
    """Whoever is entered for these kinds, by kind and name."""
    wanted = select(OutsideContactRow).where(col(OutsideContactRow.kind).in_(kinds))
    return list(session.exec(wanted.order_by(col(OutsideContactRow.kind), col(OutsideContactRow.name))))


def open_call_outs(session: Session) -> list[CallOut]:
    """Call-outs of trouble that is not over, oldest first."""
    return _call_outs(session, col(CallOutRow.ended_at).is_(None))


def call_outs_of(session: Session, incident_id: str) -> list[CallOut]:
    """The call-out of an incident, if people were called about it."""
    return _call_outs(session, col(CallOutRow.incident_id) == incident_id)


def the_call_out(session: Session, call_out_id: str) -> CallOut | None:
    """One call-out."""
    return next(iter(_call_outs(session, col(CallOutRow.id) == call_out_id)), None)


def _call_outs(session: Session, *conditions: Any) -> list[CallOut]:
    wanted = (
        select(CallOutRow, PersonRow.name, AccountRow.name)
        .outerjoin(PersonRow, col(PersonRow.id) == col(CallOutRow.answered_by))
        .outerjoin(AccountRow, col(AccountRow.id) == col(CallOutRow.answered_as))
        .where(*conditions)
        .order_by(col(CallOutRow.began_at), col(CallOutRow.id))
    )
    return [_frozen(row, person or account or "") for row, person, account in session.exec(wanted)]


def _frozen(row: CallOutRow, name: str) -> CallOut:
    return CallOut(
        id=row.id,
        severity=Severity(row.severity),
        began_at=row.began_at,
        suspicion_id=row.suspicion_id,
        incident_id=row.incident_id,
        answered_at=row.answered_at,
        answered_by=name,
        ended_at=row.ended_at,
    )


def call_out_row(session: Session, call_out_id: str) -> CallOutRow:
    """The row, kept from others until the transaction ends."""
    row: CallOutRow = session.exec(select(CallOutRow).where(CallOutRow.id == call_out_id).with_for_update()).one()
    return row


def taken_steps(session: Session, call_out_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The steps that were taken, by call-out."""
    rows = session.exec(select(TakenStepRow).where(col(TakenStepRow.call_out_id).in_(call_out_ids)))
    found: dict[str, set[str]] = {each: set() for each in call_out_ids}
    for row in rows:
        found[row.call_out_id].add(row.step_id)
    return {each: frozenset(steps) for each, steps in found.items()}


def take_step(session: Session, call_out_id: str, step_id: str, now: datetime) -> bool:
    """Take a step; False where it was taken before, by whatever worker."""
    return insert_once(session, TakenStepRow, call_out_id=call_out_id, step_id=step_id, taken_at=now)


def insert_call_out(
    session: Session,
    call_out_id: str,
    severity: Severity,
    began_at: datetime,
    *,
    suspicion_id: str | None = None,
    incident_id: str | None = None,
) -> bool:
    """Begin a call-out; False where one stands for the same suspicion or incident."""
    return insert_once(
        session,
        CallOutRow,
        id=call_out_id,
        severity=severity.value,
        began_at=began_at,
        suspicion_id=suspicion_id,
        incident_id=incident_id,
        answered_how="",
    )


def begin_again(session: Session, call_out_id: str, began_at: datetime) -> bool:
    """Take up a call-out that was over, as if nobody had been called; False where another worker just did."""
    row = CallOutRow
    nobody = dict.fromkeys(("answered_at", "answered_by", "answered_as", "ended_at"))
    ended = update(row).where(col(row.id) == call_out_id, col(row.ended_at).is_not(None))
    taken_up = session.execute(ended.values(began_at=began_at, answered_how="", **nobody).returning(col(row.id))).all()
    if taken_up:
        session.execute(delete(TakenStepRow).where(col(TakenStepRow.call_out_id) == call_out_id))
    return bool(taken_up)
