"""Note that a copy was read back or a stand-in ran: the two dated proofs of a component (R57)."""

from datetime import date, datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.incidents import components_named
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.redundancy import Safeguard
from app.domain.text import printable
from app.store.redundancy import SafeguardTestRow

WORDS_MOST = 300


def note_test(
    session: Session, slug: str, safeguard: Safeguard, tested_on: date, words: str, *, today: date, now: datetime
) -> None:
    """Keep that a test worked on that day; the ones before stay in the record.

    Raises:
        RefusedError: no such component, a day that is still to come, or too many words.
    """
    words = printable(words).strip()
    if tested_on > today:
        raise RefusedError({"tested_on": "A test counts once it was done: choose today or a day before."})
    if len(words) > WORDS_MOST:
        raise RefusedError({"words": f"Say it in at most {WORDS_MOST} characters."})
    component = components_named(session, [slug])[slug]
    row = SafeguardTestRow(
        component_id=component.id,
        safeguard=safeguard,
        tested_on=tested_on,
        words=words,
        noted_by=actor_of(session).account_id,
        noted_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"safeguard": safeguard, "tested_on": tested_on, "words": words}
    note(session, "component.safeguard_tested", Subject("component", slug), after=facts, now=now)
