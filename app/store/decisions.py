"""Rows of what was decided in an incident (R18, R19)."""

from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.decisions import IncidentDecision, Question
from app.store.columns import Moment, new_id
from app.store.incidents import SHOWN, IncidentRow, IncidentUpdateRow


class IncidentDecisionRow(SQLModel, table=True):
    """One answer to one question; the newest counts, the others are its history."""

    __tablename__ = "incident_decision"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    question: str
    answer: str
    reason: str = ""
    decided_at: datetime = Field(sa_type=Moment)
    decided_by: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    asked_again_at: datetime | None = Field(default=None, sa_type=Moment)


def decisions_of(session: Session, incident_id: str) -> list[IncidentDecision]:
    """The newest answer to each question that was answered; one that no longer `holds` is among them.

    Words that went to members answer for themselves whether members had to hear of it.
    """
    wanted = select(IncidentDecisionRow).where(IncidentDecisionRow.incident_id == incident_id)
    rows = session.exec(wanted.order_by(col(IncidentDecisionRow.decided_at), col(IncidentDecisionRow.id)))
    found = {each.question: each for each in map(_frozen, rows)}
    told = _told(session, incident_id)
    if told and (Question.MEMBERS not in found or found[Question.MEMBERS].decided_at < told.decided_at):
        found[Question.MEMBERS] = told
    return [found[question] for question in Question if question in found]


def _told(session: Session, incident_id: str) -> IncidentDecision | None:
    row = IncidentUpdateRow
    wanted = select(row.created_at).where(row.incident_id == incident_id, col(row.deliver_notifications))
    at = session.exec(wanted.order_by(col(row.created_at).desc()).limit(1)).first()
    return IncidentDecision(Question.MEMBERS, "yes", at, reason="Words went to members.") if at else None


def _frozen(row: IncidentDecisionRow) -> IncidentDecision:
    return IncidentDecision(
        question=Question(row.question),
        answer=row.answer,
        decided_at=row.decided_at,
        reason=row.reason,
        decided_by=row.decided_by,
        expires_at=row.expires_at,
    )


def silences_that_ended(session: Session, now: datetime) -> list[tuple[IncidentDecisionRow, str]]:
    """Answers that have run out in open incidents, nobody reminded of yet, with the title; locked.

    One that a later answer or word to members has overtaken is not among them.
    """
    row, later, said = IncidentDecisionRow, aliased(IncidentDecisionRow), IncidentUpdateRow
    overtaken = exists().where(
        col(later.incident_id) == col(row.incident_id),
        col(later.question) == col(row.question),
        col(later.decided_at) > col(row.decided_at),
    )
    told = exists().where(
        col(said.incident_id) == col(row.incident_id),
        col(said.deliver_notifications),
        col(said.created_at) > col(row.decided_at),
    )
    wanted = (
        select(row, IncidentRow.title)
        .join(IncidentRow, col(IncidentRow.id) == col(row.incident_id))
        .where(col(row.expires_at) <= now, col(row.asked_again_at).is_(None), ~overtaken, ~told)
        .where(col(IncidentRow.resolved_at).is_(None), SHOWN)
    )
    return list(session.exec(wanted.with_for_update(of=row, skip_locked=True)))
