"""Tell people of the staff, in the transaction of what they are told of."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from app.domain.accounts import Role
from app.domain.events import StaffTold
from app.store.accounts import AccountRow
from app.store.outbox import record
from app.store.staff_messages import StaffMessageRow

LEADERS = (Role.COMMANDER, Role.SERVICE_MANAGER)
"""Who hears of every use of the break-glass ways."""


def announce_break_glass(session: Session, who: str, how: str, title: str, advice: str = "", *, now: datetime) -> int:
    """Tell the leaders that something was published past the console; how many.

    `how` is "by text" or "from the command line", `title` what it is about.
    """
    subject = f"{who} published {how}: {title}"
    wrong = "If this is wrong, post a correction in the console."
    return tell_staff(session, LEADERS, subject, " ".join(filter(None, (f"{subject}.", advice, wrong))), now=now)


def tell_staff(session: Session, roles: Collection[Role], subject: str, text: str, *, now: datetime) -> int:
    """Owe a message to everybody who holds one of these roles; how many. The worker sends it at once."""
    holders = select(AccountRow.id).where(col(AccountRow.role).in_(roles), col(AccountRow.disabled_at).is_(None))
    return tell_accounts(session, list(session.exec(holders)), subject, text, now=now)


def tell_accounts(session: Session, account_ids: Collection[str], subject: str, text: str, *, now: datetime) -> int:
    """Owe a message to each of these people; how many. The worker sends it at once."""
    session.add_all(
        StaffMessageRow(account_id=each, subject=subject, text=text, created_at=now) for each in account_ids
    )
    if account_ids:
        record(session, StaffTold(), now)
    return len(account_ids)
