"""What is forgotten once nobody needs it any more (security.md, "retention settings that run")."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject
from app.store.consents import forget_networks
from app.store.deliveries import forget_attempts
from app.store.replies import forget_read_replies


def forget_personal_traces(session: Session, before: datetime, *, now: datetime) -> None:
    """Forget what members texted us, the networks they signed up from, and single tries, from before then.

    What they agreed to, that they left, and how every delivery ended stay: they are the proof. A
    reply that a person has still to read stays until it was read.
    """
    gone = {
        "replies": forget_read_replies(session, before),
        "networks": forget_networks(session, before),
        "tries": forget_attempts(session, before),
    }
    if any(gone.values()):
        note(session, "traces.forgotten", Subject("retention", f"{before:%Y-%m-%d}"), after=gone, now=now)
