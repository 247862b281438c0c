"""Keep jurisdiction packs, put them in force, and answer their questions in a report (R71)."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.incidents import locked_incident
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.packs import Pack, check_pack
from app.domain.text import printable
from app.store.packs import CompliancePackRow, PackAnswerRow, packs

ANSWER_MOST = 4_000


def save_pack(session: Session, pack: Pack, *, now: datetime) -> None:
    """Keep a pack under its key, a new one after the others.

    Raises:
        RefusedError: no name, no questions, or days that are none.
    """
    days = {"regulator_days": pack.tell_regulator_within.days, "vendor_days": pack.tell_vendor_within.days}
    check_pack(pack.name, pack.questions, days.values())
    row = session.get(CompliancePackRow, pack.key)
    if row is None:
        row = CompliancePackRow(key=pack.key, position=len(packs(session)), name="", regulator_days=0, vendor_days=0)
        session.add(row)
    facts = {"name": pack.name, "questions": list(pack.questions), "is_in_force": pack.is_in_force} | days
    for name, value in facts.items():
        setattr(row, name, value)
    session.flush()
    note(session, "pack.saved", Subject("pack", pack.key), after=facts, now=now)


def answer_questions(
    session: Session, incident_id: str, answers: Mapping[tuple[str, str], tuple[str, date | None]], *, now: datetime
) -> None:
    """Keep what a report answers: words and a date, by key of the pack and question.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: no pack in force asks that, or an answer is too long.
    """
    incident = locked_incident(session, incident_id)
    asked = {(pack.key, question) for pack in packs(session) if pack.is_in_force for question in pack.questions}
    if answers.keys() - asked:
        raise NotFoundError("No jurisdiction pack in force asks this.")
    if any(len(words) > ANSWER_MOST for words, _ in answers.values()):
        raise RefusedError({"answers": f"An answer has at most {ANSWER_MOST:,} characters."})
    kept = [key for key, (words, on) in answers.items() if _keep(session, incident.id, key, words, on, now)]
    if kept:
        facts = {question: answers[pack, question] for pack, question in kept}
        note(session, "report.questions_answered", Subject("incident", incident.id), after=facts, now=now)


def _keep(session: Session, incident_id: str, key: tuple[str, str], words: str, on: date | None, now: datetime) -> bool:
    """Whether the answer is another one than before."""
    words = printable(words).strip()
    row = session.get(PackAnswerRow, (incident_id, *key))
    if (row.answer, row.on) == (words, on) if row else not (words or on):
        return False
    if row is None:
        pack, question = key
        row = PackAnswerRow(incident_id=incident_id, pack_key=pack, question=question, answer="", answered_at=now)
        session.add(row)
    row.answer, row.on, row.answered_at, row.answered_by = words, on, now, actor_of(session).account_id
    return True
