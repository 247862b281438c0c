"""Ask a second person for their word, take it, and let silence publish (R24, "Roles" of security.md).

What waits is the form as it was sent. Whoever composes asks `ask_approval` in place of publishing;
`take_publishable` hands out what may go, in the transaction that publishes it, exactly once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.audit import note
from app.domain.accounts import Account
from app.domain.approvals import Approval, Decision, Needed, TwoPersonRule, check_may_decide
from app.domain.audit import Subject
from app.domain.severity import Severity
from app.store.approvals import (
    ApprovalRow,
    TwoPersonRuleRow,
    approval_by_request,
    approval_row,
    forget_two_person_rule,
    frozen_approval,
    two_person_rule,
    unpublished_approvals,
)


def ask_approval(
    session: Session,
    needed: Needed,
    *,
    request_id: str,
    summary: str,
    words: str,
    incident_id: str | None,
    by: Account,
    now: datetime,
) -> Approval:
    """Let a message wait for a second person; asking twice with one `request_id` asks once.

    `words` is the form, as its own code reads it back. `summary` is one line for whoever is asked.
    """
    known = approval_by_request(session, request_id)
    if known:
        return frozen_approval(known)
    row = ApprovalRow(
        request_id=request_id,
        reason=needed.reason,
        summary=summary,
        words=words,
        incident_id=incident_id,
        asked_of=needed.asked_of,
        asked_by=by.id,
        asked_at=now,
        expires_at=now + needed.wait,
    )
    session.add(row)
    facts = {"reason": needed.reason, "summary": summary, "until": row.expires_at}
    note(session, "approval.asked", Subject("approval", row.id), after=facts, now=now)
    return frozen_approval(row)


def decide_approval(session: Session, approval_id: str, decision: Decision, *, by: Account, now: datetime) -> Approval:
    """Approve, decline, or take back.

    Raises:
        NotFoundError: nothing waits under that id.
        RefusedError: it waits no more, or this person's word does not count.
    """
    row = approval_row(session, approval_id, lock=True)
    check_may_decide(frozen_approval(row), by, decision, now)
    row.decision, row.decided_by, row.decided_at = decision, by.id, now
    note(session, f"approval.{decision}", Subject("approval", row.id), after={"summary": row.summary}, now=now)
    return frozen_approval(row)


def take_publishable(session: Session, *, now: datetime) -> list[Approval]:
    """What may go out now and has not: approved, or nobody answered in time. Each is handed out once.

    The caller publishes in the same transaction, so that what fails waits on. A time-out is noted
    in the audit log as what it is.
    """
    rows = unpublished_approvals(session, now)
    for row in rows:
        if row.decision is None:
            row.decision, row.decided_at = Decision.TIMED_OUT, now
            facts = {"summary": row.summary, "waited_since": row.asked_at}
            note(session, "approval.timed_out", Subject("approval", row.id), after=facts, now=now)
        row.published_at = now
    return [frozen_approval(row) for row in rows]


def mark_overtaken(session: Session, approval_id: str, reason: str, *, now: datetime) -> None:
    """Note that a message which was handed out could not be said any more, so that nobody takes it for said.

    Raises:
        NotFoundError: nothing waits under that id.
    """
    row = approval_row(session, approval_id, lock=True)
    row.decision, row.published_at = Decision.OVERTAKEN, None
    facts = {"summary": row.summary, "reason": reason}
    note(session, "approval.overtaken", Subject("approval", row.id), after=facts, now=now)


def set_two_person_rule(session: Session, minutes: Mapping[Severity, int], *, now: datetime) -> None:
    """Say at which severities a second person looks first, and for how many minutes at most; none is never.

    Raises:
        RefusedError: a wait is not between 1 and 60 minutes.
    """
    rule = TwoPersonRule({severity: timedelta(minutes=most) for severity, most in minutes.items()})
    before = {severity.value: _minutes(wait) for severity, wait in two_person_rule(session).waits.items()}
    after = {severity.value: _minutes(wait) for severity, wait in rule.waits.items()}
    if before == after:
        return
    forget_two_person_rule(session)
    session.add_all(TwoPersonRuleRow(severity=severity, minutes=most) for severity, most in after.items())
    note(session, "two_person_rule.changed", Subject("organisation", "1"), before=before, after=after, now=now)


def _minutes(wait: timedelta) -> int:
    return int(wait.total_seconds()) // 60
