"""Nudge about urgent incidents and tickets on which nobody has written anything for two hours (R52)."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.store.stale_nudges import last_notes, stale_urgent_tickets, take_nudge, take_ticket_nudge

STALE_AFTER = timedelta(hours=2)
NUDGED = (Role.COMMANDER, Role.SUBJECT_EXPERT)
"""Who knows what is going on while nothing is written down."""
HOLDERS = (Role.HELP_DESK, Role.COMMUNICATIONS_LEAD)
"""Who answers the members that wrote the tickets."""


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


def nudge_stale_tickets(session: Session, *, now: datetime) -> int:
    """Owe whoever answers members a nudge about tickets of urgent incidents that went silent; how many tickets.

    Several tickets of one incident are one message; each silence of a ticket is told once.
    """
    silent: dict[str, list[int]] = {}
    for ticket_id, number, title, since in stale_urgent_tickets(session, now - STALE_AFTER):
        if take_ticket_nudge(session, ticket_id, since, now):
            silent.setdefault(title, []).append(number)
    for title, numbers in silent.items():
        listed = ", ".join(str(number) for number in numbers)
        text = (
            f"Nobody has written into ticket {listed} for two hours.\n\nWrite down what is known, and tell who waits.\n"
        )
        counted = f"{len(numbers)} ticket{'s' if len(numbers) > 1 else ''}"
        tell_staff(session, HOLDERS, f"{title}: {counted} without a note", text, now=now)
    return sum(map(len, silent.values()))
