"""Before an incident may be called resolved: the listed checks have passed, or somebody answers for it (R54)."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.timeline import tell
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.recovery import CheckItem, unverified
from app.domain.stages import REASON_MOST
from app.domain.text import printable
from app.domain.timeline import EntryKind
from app.store.incidents import IncidentRow
from app.store.recovery import RecoveryTickRow, tick_row
from app.store.work import work_of

_SHOWN = 3


def check_resolution(session: Session, row: IncidentRow, draft: UpdateDraft, now: datetime) -> None:
    """Refuse to resolve an incident whose listed checks have not passed, unless the draft says why.

    What our own checks saw is written down with its time; an override goes into the timeline and
    the audit log.

    Raises:
        RefusedError: checks have not passed and nobody answers for it (field "override").
    """
    if draft.status is not IncidentStatus.RESOLVED or not IncidentStatus(row.status).is_open:
        return
    checks = work_of(session, row.id, now).checks
    missing = unverified(checks)
    reason = printable(draft.override).strip()[:REASON_MOST]
    if missing and not reason:
        raise RefusedError({"override": _not_yet(missing)})
    _keep_what_was_seen(session, row, checks)
    if missing:
        _answer_for(session, row, missing, reason, now)


def _not_yet(missing: Sequence[CheckItem]) -> str:
    named = "; ".join(f"{item.component}: {item.words}" for item in missing[:_SHOWN])
    more = f"; and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"Not checked yet: {named}{more}. Tick them under Work, or a commander says why it is resolved all the same."


def _keep_what_was_seen(session: Session, row: IncidentRow, checks: Sequence[CheckItem]) -> None:
    for item in checks:
        if item.is_probe and item.done_at and tick_row(session, row.id, item.ref) is None:
            session.add(
                RecoveryTickRow(
                    incident_id=row.id,
                    ref=item.ref,
                    purpose=item.purpose,
                    component=item.component,
                    words=item.words,
                    done_at=item.done_at,
                    by=item.by,
                )
            )


def _answer_for(session: Session, row: IncidentRow, missing: Sequence[CheckItem], reason: str, now: datetime) -> None:
    listed = [f"{item.component}: {item.words}" for item in missing]
    words = f"Resolved although this was not checked: {'; '.join(listed)}. {reason}"
    tell(session, row, EntryKind.CHECK, words, now=now)
    facts = {"unchecked": listed, "reason": reason}
    note(session, "incident.resolved_unchecked", Subject("incident", row.id), after=facts, now=now)
