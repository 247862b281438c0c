"""Nudge whoever runs an urgent incident on which nobody has written anything for two hours (R52)."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.store.stale_nudges import last_notes, take_nudge

STALE_AFTER = timedelta(hours=2)
NUDGED = (Role.COMMANDER, Role.SUBJECT_EXPERT)
"""Who knows what is going on while nothing is written down."""


def nudge_stale_incidents(session: Session, *, now: datetime) -> int:
    """Owe the staff a nudge about every urgent incident that went silent; how many.

    One nudge for each silence: the next word, entry or tick begins a new one.
    """
    sent = 0
    for incident_id, title, since in last_notes(session):
        if now - since >= STALE_AFTER and take_nudge(session, incident_id, since, now):
            hours = int((now - since).total_seconds() // 3600)
            text = (
                f"Nobody has written anything about it for {hours} hours.\n\n"
                "Write down what is known under Work, even if it is only that nothing is new.\n"
            )
            tell_staff(session, NUDGED, f"{title}: no notes for {hours} hours", text, now=now)
            sent += 1
    return sent
