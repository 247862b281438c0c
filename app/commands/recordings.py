"""A person has read an announcement into the telephone system (console.md, "A recorded announcement")."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.accounts import Account
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.store.announcements import RecordingRow, announcement_row, newest_recordings


def note_recording(session: Session, account: Account, version: int, language: str, *, now: datetime) -> None:
    """Note that this person recorded that version in that language. Saying it twice changes nothing.

    An older version may be noted too: it is what callers hear, and the console says that it is old.

    Raises:
        NotFoundError: there is no such version, or none in that language.
    """
    row = announcement_row(session, version)
    if row is None or language not in row.scripts:
        raise NotFoundError("There is no such announcement to record.")
    before = newest_recordings(session).get(language)
    if before is not None and before.version == version:
        return
    session.add(RecordingRow(version=version, language=language, recorded_at=now, account_id=account.id))
    after = {"language": language, "version": version}
    note(session, "announcement.recorded", Subject("announcement", f"v{version}"), after=after, now=now)
