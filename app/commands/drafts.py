"""Keep words that are being written, and drop them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from app.store.drafts import KEPT, DraftRow, draft_row, forget_draft, forget_old_drafts


def keep_draft(
    session: Session, account_id: str, incident_id: str, fields: Sequence[tuple[str, str]], *, now: datetime
) -> None:
    """Keep the form as it stands, in place of what was kept before; nobody else sees it."""
    forget_old_drafts(session, now - KEPT)
    row = draft_row(session, account_id, incident_id)
    if row is None:
        row = DraftRow(account_id=account_id, incident_id=incident_id, fields=[], saved_at=now)
        session.add(row)
    row.fields = [list(pair) for pair in fields]
    row.saved_at = now


def drop_draft(session: Session, account_id: str, incident_id: str) -> None:
    """Forget what this person was writing."""
    forget_draft(session, account_id, incident_id)
