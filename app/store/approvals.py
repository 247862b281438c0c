"""Rows of messages that wait for a second person, and of the rule that makes them wait."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.accounts import Role
from app.domain.approvals import Approval, Decision, Reason, TwoPersonRule
from app.domain.errors import NotFoundError
from app.domain.severity import Severity
from app.store.columns import Moment, new_id


class ApprovalRow(SQLModel, table=True):
    """One message that waits, or waited. `words` is its form, kept until it may be published.

    `request_id` is the form's key: asking twice asks once.
    """

    __tablename__ = "approval"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    request_id: str = Field(unique=True)
    reason: str
    summary: str
    words: str
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True)
    asked_of: str
    asked_by: str | None = Field(default=None, foreign_key="account.id")
    asked_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    decision: str | None = Field(default=None, index=True)
    decided_by: str | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    published_at: datetime | None = Field(default=None, sa_type=Moment)


class TwoPersonRuleRow(SQLModel, table=True):
    """A severity at which a second person looks at every message first, for at most `minutes`."""

    __tablename__ = "two_person_rule"

    severity: str = Field(primary_key=True)
    minutes: int


def approval_row(session: Session, approval_id: str, *, lock: bool = False) -> ApprovalRow:
    """The approval, locked until the transaction ends when `lock`.

    Raises:
        NotFoundError: there is none.
    """
    wanted = select(ApprovalRow).where(ApprovalRow.id == approval_id)
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFoundError("Nothing waits for approval at this address.")
    return row


def approval_by_request(session: Session, request_id: str) -> ApprovalRow | None:
    """The approval that a form already asked for."""
    return session.exec(select(ApprovalRow).where(ApprovalRow.request_id == request_id)).first()


def waiting_approvals(session: Session) -> list[Approval]:
    """Whatever waits for somebody's word, the most urgent first."""
    wanted = select(ApprovalRow).where(col(ApprovalRow.decision).is_(None)).order_by(col(ApprovalRow.expires_at))
    return [frozen_approval(row) for row in session.exec(wanted)]


def unpublished_approvals(session: Session, now: datetime) -> list[ApprovalRow]:
    """What may be published now and has not been: approved, or its time is over. Locked where the database can."""
    passed = col(ApprovalRow.decision).is_(None) & (col(ApprovalRow.expires_at) <= now)
    allowed = col(ApprovalRow.decision).in_([Decision.APPROVED, Decision.TIMED_OUT])
    wanted = select(ApprovalRow).where(col(ApprovalRow.published_at).is_(None), passed | allowed)
    return list(session.exec(wanted.order_by(col(ApprovalRow.asked_at)).with_for_update(skip_locked=True)))


def frozen_approval(row: ApprovalRow) -> Approval:
    """The approval as a value."""
    return Approval(
        id=row.id,
        request_id=row.request_id,
        reason=Reason(row.reason),
        summary=row.summary,
        words=row.words,
        incident_id=row.incident_id,
        asked_of=Role(row.asked_of),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decision=Decision(row.decision) if row.decision else None,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        published_at=row.published_at,
    )


def two_person_rule(session: Session) -> TwoPersonRule:
    """At which severities a second person looks first, and for how long at most."""
    rows = session.exec(select(TwoPersonRuleRow))
    return TwoPersonRule({Severity(row.severity): timedelta(minutes=row.minutes) for row in rows})


def forget_two_person_rule(session: Session) -> None:
    """Drop the rule for every severity."""
    session.execute(delete(TwoPersonRuleRow))
