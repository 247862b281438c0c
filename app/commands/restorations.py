"""Ending the silence after a restore: a person has looked, and the clock may speak again."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.backups import BackupFacts
from app.domain.errors import RefusedError
from app.store.restorations import end_holds, standing_hold


def note_restore(session: Session, facts: BackupFacts, *, now: datetime) -> None:
    """Note in the log that these rows came from a backup, and where its own log ended."""
    after = {"taken_at": facts.taken_at, "schema": facts.schema, "audit_head": facts.audit_head}
    note(session, "backup.restored", Subject("backup", f"{facts.taken_at:%Y-%m-%d %H:%M}"), after=after, now=now)


def release_notices(session: Session, *, now: datetime) -> datetime:
    """Let reminders, planned work and waiting posts speak again; of when the restored rows are.

    What was to be said before the restore stays unsaid.

    Raises:
        RefusedError: nothing is held.
    """
    hold = standing_hold(session)
    if hold is None:
        raise RefusedError("Nothing is held: no restore waits for a person.")
    end_holds(session, now)
    note(
        session, "notices.released", Subject("restore", str(hold.id)), before={"held_since": hold.restored_at}, now=now
    )
    return hold.taken_at
