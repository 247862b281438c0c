"""What is to be said to subscribers: made with the update it tells of, taken back, tried again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audience import touched_components
from app.domain.audit import Subject
from app.domain.channels import Channel, Programme
from app.domain.components import Component, ComponentStatus, worst_status
from app.domain.errors import NotFoundError, RefusedError
from app.domain.notices import HOLD, Priority, may_recall
from app.store.deliveries import retry_failures
from app.store.notices import NoticeRow, notice_row, notices_about
from app.store.outbox import OutboxRow
from app.store.rates import resume_sender

OWED_FAN_OUTS = "notices"
OWED_BATCHES = "batches"
"""Where a session keeps what it owes: the worker's part queues both before the commit."""


def say_to_subscribers(
    session: Session,
    event: OutboxRow,
    *,
    subject: Mapping[str, str],
    programme: Programme,
    priority: Priority,
    content: Mapping[str, object],
    components: Sequence[Component],
    changed: Mapping[str, ComponentStatus],
    expires_at: datetime,
    now: datetime,
    is_drill: bool = False,
) -> NoticeRow:
    """Put the notice of an update into the update's own transaction.

    `subject` is {"incident_id": ...} or {"maintenance_id": ...}; `changed` the worst status that
    each component has had in this matter. Whoever heard of it before is in the audience again, so
    that newer words may take the place of older ones for everybody. A drill reaches only test recipients.
    """
    session.flush()
    audience = touched_components(components, changed)
    for earlier in notices_about(session, next(iter(subject.values()))):
        audience |= set(earlier.audience)
    row = NoticeRow(
        event_id=event.id or 0,
        update_id=str(event.payload["update_id"]),
        incident_id=subject.get("incident_id"),
        maintenance_id=subject.get("maintenance_id"),
        programme=programme,
        priority=priority,
        content=dict(content),
        audience=sorted(audience),
        created_at=now,
        held_until=now + HOLD,
        expires_at=expires_at,
        is_drill=is_drill,
    )
    session.add(row)
    session.flush()
    session.info.setdefault(OWED_FAN_OUTS, []).append((row.id, HOLD))
    return row


def worst_so_far(changes: Sequence[Mapping[str, str]]) -> dict[str, ComponentStatus]:
    """The worst status that each component was given, from the stored changes of all updates."""
    found: dict[str, ComponentStatus] = {}
    for change in changes:
        slug, new = change["slug"], ComponentStatus(change["new"])
        found[slug] = worst_status((new, ComponentStatus(change["old"]), found.get(slug, new)))
    return found


def recall_notice(session: Session, notice_id: int, *, now: datetime) -> None:
    """Take a notice back while it is held: nobody is told. The update stays on the page.

    Raises:
        NotFoundError: there is no such notice.
        RefusedError: it is already on its way, or taken back.
    """
    row = notice_row(session, notice_id, lock=True)
    if row is None:
        raise NotFoundError("There is no such notice.")
    if row.recalled_at is not None:
        raise RefusedError("This notice was already taken back.")
    if row.fanned_out_at is not None or not may_recall(row.held_until, row.recalled_at, now):
        raise RefusedError("This notice is already on its way. Post another update to correct it.")
    row.recalled_at = now
    note(session, "notice.recalled", Subject("notice", str(notice_id)), after={"update_id": row.update_id}, now=now)


def recall_what_is_held(session: Session, subject_id: str, *, now: datetime) -> None:
    """Take back every notice about an incident or planned work that nobody was told yet."""
    for row in notices_about(session, subject_id):
        if row.fanned_out_at is None and row.recalled_at is None:
            row.recalled_at = now


def retry_failed(session: Session, notice_id: int, *, now: datetime) -> int:
    """Try once more what failed of a notice, as long as it is still worth saying; how many.

    What nobody could confirm is left alone: it may have arrived.

    Raises:
        NotFoundError: there is no such notice.
        RefusedError: it is too late, or a newer notice has taken its place.
    """
    row = notice_row(session, notice_id, lock=True)
    if row is None:
        raise NotFoundError("There is no such notice.")
    if row.restored_at:
        raise RefusedError("This notice came from a backup and is never sent again; post another update instead.")
    if row.superseded_at or row.recalled_at or now >= row.expires_at:
        raise RefusedError("This notice is over; post another update instead.")
    count, batches = retry_failures(session, notice_id, now)
    session.info.setdefault(OWED_BATCHES, []).extend((batch, run, row.priority) for batch, run in batches)
    note(session, "notice.retried", Subject("notice", str(notice_id)), after={"deliveries": count}, now=now)
    return count


def resume_channel(session: Session, channel: Channel, *, now: datetime) -> None:
    """Let a stopped sender send again: whoever says so has mended what the provider complained of.

    Raises:
        RefusedError: it is not stopped.
    """
    because = resume_sender(session, channel)
    if not because:
        raise RefusedError("This sender is not stopped.")
    note(session, "sender.resumed", Subject("sender", channel), before={"stopped_because": because}, now=now)
