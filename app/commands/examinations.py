"""Keep what the doctor found."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.examination import Check, Finding
from app.store.examinations import ExaminationRow, forget_examinations

KEPT_FOR = timedelta(days=30)


def keep_examination(session: Session, checks: Sequence[Check], by: str, *, now: datetime) -> None:
    """Keep these findings as the newest, and forget those of a month ago. `by` is who asked for them."""
    forget_examinations(session, now - KEPT_FOR)
    session.add(ExaminationRow(examined_at=now, asked_by=by, checks=[asdict(check) for check in checks]))
    counts = {finding.value: sum(check.finding is finding for check in checks) for finding in Finding}
    note(session, "installation.examined", Subject("installation", "readiness"), after=counts, now=now)
