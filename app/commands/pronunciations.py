"""Say how the organisation's own words are read aloud in the telephone announcement."""

from datetime import datetime

from sqlmodel import Session, col, select

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import OrganisationChanged
from app.domain.pronunciations import check_pronunciation
from app.domain.text import printable
from app.store.organisation import the_organisation
from app.store.outbox import record
from app.store.pronunciations import PronunciationRow


def save_pronunciation(session: Session, language: str, written: str, spoken: str, *, now: datetime) -> None:
    """Read this word so from the next publication on; whatever its capitals, it has one way in each language.

    Raises:
        RefusedError: the page does not speak that language, or a part is empty or too long.
    """
    written, spoken = " ".join(printable(written).split()), " ".join(printable(spoken).split())
    if language not in the_organisation(session).languages:
        raise RefusedError({"language": "The page does not speak this language."})
    check_pronunciation(written, spoken)
    same = select(PronunciationRow).where(col(PronunciationRow.language) == language)
    row = next((item for item in session.exec(same) if item.written.casefold() == written.casefold()), None)
    before = {"written": row.written, "spoken": row.spoken} if row else None
    if row is None:
        row = PronunciationRow(language=language, written=written, spoken=spoken, created_at=now)
        session.add(row)
    row.written, row.spoken = written, spoken
    after = {"written": written, "spoken": spoken}
    note(session, "pronunciation.saved", Subject("pronunciation", row.id), before=before, after=after, now=now)
    record(session, OrganisationChanged(), now)


def drop_pronunciation(session: Session, pronunciation_id: str, *, now: datetime) -> None:
    """Read that word as it is written again.

    Raises:
        NotFoundError: there is no such entry.
    """
    row = session.get(PronunciationRow, pronunciation_id)
    if row is None:
        raise NotFoundError("There is no such pronunciation.")
    session.delete(row)
    before = {"written": row.written, "spoken": row.spoken}
    note(session, "pronunciation.dropped", Subject("pronunciation", row.id), before=before, now=now)
    record(session, OrganisationChanged(), now)
