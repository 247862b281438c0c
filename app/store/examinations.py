"""What the doctor found the last times: kept, so that opening the page asks nobody anything."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, delete
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.examination import Check, Examination, Finding
from app.store.columns import Moment, new_id


class ExaminationRow(SQLModel, table=True):
    """One look at the whole installation."""

    __tablename__ = "examination"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    examined_at: datetime = Field(sa_type=Moment, index=True)
    asked_by: str
    checks: list[dict[str, Any]] = Field(sa_type=JSON)


def newest_examination(session: Session) -> Examination | None:
    """The last one; None before the first."""
    row = session.exec(select(ExaminationRow).order_by(col(ExaminationRow.examined_at).desc()).limit(1)).first()
    return _frozen(row) if row else None


def forget_examinations(session: Session, before: datetime) -> None:
    """Forget what was found before that moment."""
    session.execute(delete(ExaminationRow).where(col(ExaminationRow.examined_at) < before))


def _frozen(row: ExaminationRow) -> Examination:
    checks = tuple(Check(item["name"], Finding(item["finding"]), item["words"], item["remedy"]) for item in row.checks)
    return Examination(row.examined_at, row.asked_by, checks)
