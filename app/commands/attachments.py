"""Keep logs and pictures with an incident (R48)."""

from datetime import datetime
from hashlib import sha256

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.incidents import locked_incident
from app.domain.attachments import ATTACHMENTS_MOST, kind_of, safe_name
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.store.attachments import AttachmentRow, attachment_count, attachment_row


def attach_file(session: Session, incident_id: str, name: str, content: bytes, *, now: datetime) -> AttachmentRow:
    """Keep one file. Its kind is read from its bytes, its hash goes into the audit log.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: the file is empty, too big or of no kind that is kept, or there are too many.
    """
    row = locked_incident(session, incident_id)
    media_type, ending = kind_of(content)
    if attachment_count(session, row.id) >= ATTACHMENTS_MOST:
        raise RefusedError({"file": f"This incident has {ATTACHMENTS_MOST} files already. Remove one first."})
    actor = actor_of(session)
    kept = AttachmentRow(
        incident_id=row.id,
        name=safe_name(name, ending),
        media_type=media_type,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        content=content,
        account_id=actor.account_id,
        author=actor.name,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    facts = {"name": kept.name, "size": kept.size, "sha256": kept.sha256}
    note(session, "attachment.added", Subject("incident", row.id), after=facts, now=now)
    return kept


def remove_file(session: Session, incident_id: str, attachment_id: str, *, now: datetime) -> None:
    """Remove a file that should not be here; the audit log keeps its name and hash.

    Raises:
        NotFoundError: there is no such file on that incident.
    """
    kept = attachment_row(session, incident_id, attachment_id)
    if kept is None:
        raise NotFoundError("There is no such file on this incident.")
    facts = {"name": kept.name, "size": kept.size, "sha256": kept.sha256}
    session.delete(kept)
    note(session, "attachment.removed", Subject("incident", incident_id), before=facts, now=now)
