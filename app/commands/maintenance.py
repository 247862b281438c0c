"""Schedule planned work, speak about it, move it, and let the clock carry it through its states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.commands.audit import note
from app.commands.telling import tell_of_maintenance
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.events import MaintenanceUpdated
from app.domain.incidents import BODY_LIMIT, ComponentChange, check_title
from app.domain.maintenance import (
    Maintenance,
    MaintenanceStatus,
    check_step,
    check_window,
    due_transitions,
)
from app.domain.message_templates import MessageEvent
from app.domain.text import printable
from app.store.components import ComponentRow
from app.store.incidents import stored_changes
from app.store.maintenance import (
    MaintenanceComponentRow,
    MaintenanceRow,
    MaintenanceUpdateRow,
    maintenances_by_id,
    unfinished_maintenances,
)
from app.store.outbox import record, take_numbers

_BY_THE_CLOCK = {
    MaintenanceStatus.IN_PROGRESS: "The planned work has started.",
    MaintenanceStatus.VERIFYING: "The work is done; we are checking it before we reopen.",
    MaintenanceStatus.COMPLETED: "The planned work is finished.",
}


def words_of_the_clock(status: MaintenanceStatus) -> str:
    """What is said of work that reaches this status when nobody writes anything; of work ahead, nothing."""
    return _BY_THE_CLOCK.get(status, "")


@dataclass(frozen=True, slots=True)
class MaintenanceDraft:
    """Planned work as a person describes it; `components` are slugs."""

    title: str
    body: str
    components: Sequence[str]
    scheduled_for: datetime
    scheduled_until: datetime
    auto_start: bool = True
    auto_complete: bool = True
    verify_for: timedelta = timedelta(0)
    notify: bool = True
    reference: str = ""
    series_id: str | None = None


def schedule_maintenance(
    session: Session, draft: MaintenanceDraft, *, now: datetime, author_id: str | None = None
) -> Maintenance:
    """Announce planned work.

    Raises:
        RefusedError: no title or text, an unknown component, a window in the past or backwards.
    """
    draft = replace(draft, title=printable(draft.title).strip(), body=printable(draft.body).strip())
    _check_draft(draft, now)
    components = _components(session, draft.components)
    row = MaintenanceRow(
        number=take_numbers(session, "incident"),
        reference=draft.reference,
        series_id=draft.series_id,
        title=draft.title,
        status=MaintenanceStatus.SCHEDULED,
        scheduled_for=draft.scheduled_for,
        scheduled_until=draft.scheduled_until,
        auto_start=draft.auto_start,
        auto_complete=draft.auto_complete,
        verify_minutes=int(draft.verify_for.total_seconds() // 60),
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    for component in components:
        session.add(
            MaintenanceComponentRow(
                maintenance_id=row.id,
                component_id=component.id,
                status=ComponentStatus.OPERATIONAL,
                position=component.position,
            )
        )
    _say(session, row, MaintenanceStatus.SCHEDULED, draft.body, now, notify=draft.notify, author_id=author_id)
    return _reload(session, row.id)


def post_maintenance_update(
    session: Session,
    maintenance_id: str,
    status: MaintenanceStatus,
    body: str,
    *,
    now: datetime,
    notify: bool = True,
    scheduled_for: datetime | None = None,
    scheduled_until: datetime | None = None,
    author_id: str | None = None,
    expected_version: int | None = None,
) -> Maintenance:
    """Say something on planned work, move it on, give it another window, or extend it.

    Raises:
        NotFoundError: there is no such work.
        StaleVersionError: somebody changed it since.
        RefusedError: a step backwards, it is over, it has begun and cannot move, the new window is
            backwards or in the past, no text.
    """
    row = locked_maintenance(session, maintenance_id)
    _check_version(row, expected_version)
    check_step(MaintenanceStatus(row.status), status)
    body = printable(body).strip()
    _check_body(body)
    message = _give_window(row, status, scheduled_for or row.scheduled_for, scheduled_until or row.scheduled_until, now)
    _say(session, row, status, body, now, notify=notify, author_id=author_id, message=message)
    row.version += 1
    return _reload(session, row.id)


def cancel_maintenance(
    session: Session,
    maintenance_id: str,
    body: str,
    *,
    now: datetime,
    notify: bool = True,
    author_id: str | None = None,
    expected_version: int | None = None,
) -> Maintenance:
    """Say that planned work will not take place. Its status becomes `completed`, the last that Statuspage knows.

    Raises:
        NotFoundError: there is no such work.
        StaleVersionError: somebody changed it since.
        RefusedError: it has begun or is over, or no text.
    """
    row = locked_maintenance(session, maintenance_id)
    _check_version(row, expected_version)
    if row.status != MaintenanceStatus.SCHEDULED:
        raise RefusedError("This work has begun or is over, so it can only be finished, not cancelled.")
    body = printable(body).strip()
    _check_body(body)
    row.cancelled_at = now
    _say(
        session,
        row,
        MaintenanceStatus.COMPLETED,
        body,
        now,
        notify=notify,
        author_id=author_id,
        message=MessageEvent.MAINTENANCE_CANCELLED,
    )
    row.version += 1
    return _reload(session, row.id)


def _check_version(row: MaintenanceRow, expected: int | None) -> None:
    if expected is not None and row.version != expected:
        raise StaleVersionError(
            "Somebody changed this work while you were writing. Your words are kept.", current=row.version
        )


def _give_window(
    row: MaintenanceRow, status: MaintenanceStatus, starts: datetime, ends: datetime, now: datetime
) -> MessageEvent | None:
    """Set the window, and which words tell of it; None where the window stays or the news is another."""
    if (starts, ends) == (row.scheduled_for, row.scheduled_until):
        return None
    check_window(starts, ends)
    if ends <= now and not status.is_over:
        raise RefusedError({"scheduled_until": "This moment has passed. To end the work now, say that it is finished."})
    if starts != row.scheduled_for and row.started_at is not None:
        raise RefusedError({"scheduled_for": "The work has begun; only its end can be moved."})
    is_later = ends > row.scheduled_until
    is_new_stage = status != row.status
    row.scheduled_for, row.scheduled_until = starts, ends
    if is_new_stage:
        return None
    if status is MaintenanceStatus.SCHEDULED:
        return MessageEvent.MAINTENANCE_MOVED
    return MessageEvent.MAINTENANCE_EXTENDED if is_later else None


def advance_maintenances(session: Session, *, now: datetime) -> int:
    """Make every transition that the clock owes, each dated at the moment it was due; how many.

    Members chose to hear about the window when it was announced; the clock tells them again at
    start and end.
    """
    made = 0
    for maintenance in unfinished_maintenances(session):
        steps = due_transitions(maintenance, now)
        if not steps:
            continue
        row = locked_maintenance(session, maintenance.id)
        if row.version != maintenance.version:
            continue
        for moment, status in steps:
            _say(session, row, status, _BY_THE_CLOCK[status], moment, notify=True, author_id=None)
        row.version += 1
        made += len(steps)
    return made


def _check_draft(draft: MaintenanceDraft, now: datetime) -> None:
    check_title(draft.title)
    _check_body(draft.body)
    check_window(draft.scheduled_for, draft.scheduled_until)
    if draft.scheduled_until <= now:
        raise RefusedError({"scheduled_until": "This window has already passed."})
    if draft.verify_for < timedelta(0) or draft.verify_for >= draft.scheduled_until - draft.scheduled_for:
        raise RefusedError({"verify_for": "Checking must fit within the window."})


def _check_body(body: str) -> None:
    if not body:
        raise RefusedError({"body": "Say something: the update has no text."})
    if len(body) > BODY_LIMIT:
        raise RefusedError({"body": f"This text has {len(body):,} characters; the most is {BODY_LIMIT:,}."})


def _components(session: Session, slugs: Sequence[str]) -> list[ComponentRow]:
    found = list(session.exec(select(ComponentRow).where(col(ComponentRow.slug).in_(slugs))))
    unknown = sorted(set(slugs) - {row.slug for row in found})
    if unknown:
        raise RefusedError({"components": f"There is no component {', '.join(f'“{slug}”' for slug in unknown)}."})
    return found


def locked_maintenance(session: Session, maintenance_id: str) -> MaintenanceRow:
    """The row of planned work, which nobody else changes until the transaction ends.

    Raises:
        NotFoundError: there is no such work, or it was taken off the page.
    """
    row = session.get(MaintenanceRow, maintenance_id, with_for_update=True)
    if row is None or row.hidden_at is not None:
        raise NotFoundError(f"There is no planned work “{maintenance_id}”.")
    return row


def _say(
    session: Session,
    row: MaintenanceRow,
    status: MaintenanceStatus,
    body: str,
    moment: datetime,
    *,
    notify: bool,
    author_id: str | None,
    message: MessageEvent | None = None,
) -> None:
    changes = _change_components(session, row.id, status)
    said = MaintenanceUpdateRow(
        number=take_numbers(session, "update"),
        maintenance_id=row.id,
        position=_next_position(session, row.id),
        status=status,
        body=body,
        display_at=moment,
        deliver_notifications=notify,
        changes=stored_changes(changes),
        author_id=author_id,
        created_at=moment,
        updated_at=moment,
    )
    session.add(said)
    _note_said(session, row, said, moment)
    _move(row, status, moment)
    event = record(session, MaintenanceUpdated(maintenance_id=row.id, update_id=said.id, notify=notify), moment)
    session.flush()
    if notify:
        tell_of_maintenance(session, event, row, said, moment, message=message)


def _note_said(session: Session, row: MaintenanceRow, said: MaintenanceUpdateRow, moment: datetime) -> None:
    is_first = said.position == 0
    note(
        session,
        "maintenance.scheduled" if is_first else "maintenance.updated",
        Subject("maintenance", row.id),
        before=None if is_first else {"status": row.status},
        after={
            "title": row.title,
            "status": said.status,
            "body": said.body,
            "scheduled_for": row.scheduled_for,
            "scheduled_until": row.scheduled_until,
            "is_cancelled": row.cancelled_at is not None,
            "notify": said.deliver_notifications,
        },
        now=moment,
    )


def _move(row: MaintenanceRow, status: MaintenanceStatus, moment: datetime) -> None:
    if status.is_active and row.started_at is None:
        row.started_at = moment
    if status is MaintenanceStatus.COMPLETED and row.completed_at is None:
        row.completed_at = moment
    row.status = status
    row.updated_at = moment


def _next_position(session: Session, maintenance_id: str) -> int:
    taken = select(MaintenanceUpdateRow.position).where(MaintenanceUpdateRow.maintenance_id == maintenance_id)
    return max(session.exec(taken), default=-1) + 1


def _change_components(session: Session, maintenance_id: str, status: MaintenanceStatus) -> list[ComponentChange]:
    new = ComponentStatus.UNDER_MAINTENANCE if status.is_active else ComponentStatus.OPERATIONAL
    rows: Mapping[str, MaintenanceComponentRow] = {
        row.component_id: row
        for row in session.exec(
            select(MaintenanceComponentRow)
            .where(MaintenanceComponentRow.maintenance_id == maintenance_id)
            .order_by(col(MaintenanceComponentRow.position))
        )
    }
    components = session.exec(select(ComponentRow).where(col(ComponentRow.id).in_(rows))).all()
    changes = [ComponentChange(item.slug, item.name, ComponentStatus(rows[item.id].status), new) for item in components]
    for row in rows.values():
        row.status = new
    return changes


def _reload(session: Session, maintenance_id: str) -> Maintenance:
    session.flush()
    return maintenances_by_id(session, [maintenance_id])[maintenance_id]
