"""Rows of the plan for when systems fail, its signed editions and printed copies, and their queries (R66, R68)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.plan import Edition, LivePart, PlanSection
from app.store.columns import Moment


class PlanSectionRow(SQLModel, table=True):
    """One section of the plan as it stands now."""

    __tablename__ = "plan_section"

    number: int = Field(primary_key=True)
    title: str
    owner: str
    tested_on: date | None = None
    words: str = ""
    live: str = ""


class PlanEditionRow(SQLModel, table=True):
    """One signed version; `sections` are those that were signed, word for word."""

    __tablename__ = "plan_edition"

    version: str = Field(primary_key=True, max_length=20)
    signed_on: date
    due_on: date
    signed_by: str
    account_id: str | None = Field(default=None, foreign_key="account.id")
    signed_at: datetime = Field(sa_type=Moment)
    sections: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class PrintedCopyRow(SQLModel, table=True):
    """Where a printed copy lies, and of which version; of an unknown one where nobody said."""

    __tablename__ = "printed_copy"

    place: str = Field(primary_key=True, max_length=80)
    version: str = ""
    printed_on: date | None = None


class PlanReminderRow(SQLModel, table=True):
    """One reminder that went out: there is never a second one of its stage for a due day."""

    __tablename__ = "plan_reminder"

    due_on: date = Field(primary_key=True)
    days: int = Field(primary_key=True)
    sent_at: datetime = Field(sa_type=Moment)


def plan_sections(session: Session) -> list[PlanSection]:
    """The sections in order."""
    rows = session.exec(select(PlanSectionRow).order_by(col(PlanSectionRow.number)))
    return [PlanSection(row.number, row.title, row.owner, row.tested_on, row.words, LivePart(row.live)) for row in rows]


def plan_editions(session: Session) -> list[Edition]:
    """Every signed version, the newest first."""
    rows = session.exec(select(PlanEditionRow).order_by(col(PlanEditionRow.signed_at).desc()))
    return [Edition(row.version, row.signed_on, row.due_on, row.signed_by) for row in rows]


def printed_copies(session: Session) -> list[PrintedCopyRow]:
    """Where copies lie, by place."""
    return list(session.exec(select(PrintedCopyRow).order_by(col(PrintedCopyRow.place))))
