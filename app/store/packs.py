"""Rows of jurisdiction packs and of what was answered to their questions (R71)."""

from datetime import date, datetime, timedelta

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.packs import Pack, PackAnswer
from app.store.columns import Moment


class CompliancePackRow(SQLModel, table=True):
    """One pack. Days are calendar days."""

    __tablename__ = "compliance_pack"

    key: str = Field(primary_key=True, max_length=40)
    name: str
    questions: list[str] = Field(default_factory=list, sa_type=JSON)
    regulator_days: int
    vendor_days: int
    is_in_force: bool = False
    position: int = 0


class PackAnswerRow(SQLModel, table=True):
    """What the report of one incident answers to one question; `on` is the date that the answer is about."""

    __tablename__ = "pack_answer"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True, max_length=12)
    pack_key: str = Field(primary_key=True, max_length=40)
    question: str = Field(primary_key=True)
    answer: str
    on: date | None = None
    answered_at: datetime = Field(sa_type=Moment)
    answered_by: str | None = Field(default=None, foreign_key="account.id", max_length=12)


def packs(session: Session) -> list[Pack]:
    """Every pack, in order; only those in force bind anybody."""
    rows = session.exec(select(CompliancePackRow).order_by(col(CompliancePackRow.position), col(CompliancePackRow.key)))
    return [
        Pack(
            key=row.key,
            name=row.name,
            questions=tuple(row.questions),
            tell_regulator_within=timedelta(days=row.regulator_days),
            tell_vendor_within=timedelta(days=row.vendor_days),
            is_in_force=row.is_in_force,
        )
        for row in rows
    ]


def pack_answers(session: Session, incident_id: str) -> list[PackAnswer]:
    """What the report of an incident answers so far."""
    rows = session.exec(select(PackAnswerRow).where(PackAnswerRow.incident_id == incident_id))
    return [PackAnswer(row.pack_key, row.question, row.answer, row.on, row.answered_at) for row in rows]
