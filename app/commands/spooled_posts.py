"""Take in what was posted while the database was away: once each, and subscribers hear of it now."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.staff_messages import announce_break_glass
from app.domain.audit import Subject
from app.domain.spooled_posts import SpooledPost
from app.store.replies import is_first


def take_in(session: Session, post: SpooledPost, *, now: datetime) -> bool:
    """Say the post as if it had been said when it was; False when it was taken in before.

    Raises:
        NotFoundError, RefusedError: the database knows better; a person must look.
    """
    if not is_first(session, f"spooled:{post.key}", now):
        return False
    if post.incident_id is None:
        draft = IncidentDraft(post.title, post.draft, kind=post.kind, id=post.new_id)
        incident = open_incident(session, draft, now=post.at, author_id=post.by.account_id)
    else:
        said = replace(post.draft, override="Resolved while the database was away.")
        incident = post_update(session, post.incident_id, said, now=post.at, author_id=post.by.account_id)
    after = {"key": post.key, "said_at": post.at}
    note(session, "spooled_post.taken_in", Subject("incident", incident.id), after=after, now=now)
    announce_break_glass(session, post.by.name, "while the database was away", incident.title, now=now)
    return True
