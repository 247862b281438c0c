"""Correct the record of planned work without saying anything new: name, window, facts, old words, the page.

Everything here leaves a note in the audit log, and nothing here tells a subscriber.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incident_records import checked_text, mark_edited
from app.commands.maintenance import locked_maintenance
from app.commands.notices import recall_what_is_held
from app.domain.audit import Subject, changed
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import check_title
from app.domain.maintenance import MaintenanceStatus, check_window
from app.domain.text import printable
from app.store.maintenance import MaintenanceRow, MaintenanceUpdateRow


@dataclass(frozen=True, slots=True)
class MaintenanceEdit:
    """What to change; None leaves it as it is."""

    title: str | None = None
    scheduled_for: datetime | None = None
    scheduled_until: datetime | None = None
    auto_start: bool | None = None
    auto_complete: bool | None = None
    metadata: Mapping[str, Any] | None = None


def edit_maintenance(session: Session, maintenance_id: str, edit: MaintenanceEdit, *, now: datetime) -> None:
    """Give planned work another name or window, say who moves it, or keep a program's facts with it.

    Raises:
        NotFoundError: there is no such work.
        RefusedError: no title, a window backwards, or another start for work that has begun.
    """
    row = locked_maintenance(session, maintenance_id)
    before = _facts(row)
    if edit.title is not None:
        row.title = printable(edit.title).strip()
        check_title(row.title)
    _move_window(row, edit)
    row.auto_start = row.auto_start if edit.auto_start is None else edit.auto_start
    row.auto_complete = row.auto_complete if edit.auto_complete is None else edit.auto_complete
    if edit.metadata is not None:
        row.details = row.details | {"metadata": dict(edit.metadata)}
    was, now_is = changed(before, _facts(row))
    if now_is:
        mark_edited(session, row, now)
        note(session, "maintenance.edited", Subject("maintenance", row.id), before=was, after=now_is, now=now)


def edit_maintenance_update(session: Session, maintenance_id: str, update_id: str, body: str, *, now: datetime) -> None:
    """Correct the words of an update. Who was told keeps the old ones; the page and the log show the new.

    Raises:
        NotFoundError: there is no such work or update.
        RefusedError: no text, or too much.
    """
    row = locked_maintenance(session, maintenance_id)
    said = session.get(MaintenanceUpdateRow, update_id)
    if said is None or said.maintenance_id != row.id:
        raise NotFoundError(f"There is no update “{update_id[:40]}” on this work.")
    body = checked_text(body)
    if body == said.body:
        return
    before, said.body, said.updated_at = said.body, body, now
    mark_edited(session, row, now)
    subject = Subject("maintenance_update", said.id)
    note(session, "maintenance_update.edited", subject, before={"body": before}, after={"body": body}, now=now)


def hide_maintenance(session: Session, maintenance_id: str, *, now: datetime) -> None:
    """Take planned work off the page; what it held back is not sent, and the clock moves it no more. The row stays.

    Raises:
        NotFoundError: there is no such work.
    """
    row = locked_maintenance(session, maintenance_id)
    recall_what_is_held(session, row.id, now=now)
    mark_edited(session, row, now)
    row.hidden_at = now
    note(session, "maintenance.hidden", Subject("maintenance", row.id), before=_facts(row), now=now)


def _move_window(row: MaintenanceRow, edit: MaintenanceEdit) -> None:
    begins, ends = edit.scheduled_for or row.scheduled_for, edit.scheduled_until or row.scheduled_until
    if begins != row.scheduled_for and row.status != MaintenanceStatus.SCHEDULED:
        raise RefusedError({"scheduled_for": "This work has begun; only its end can be moved."})
    check_window(begins, ends)
    row.scheduled_for, row.scheduled_until = begins, ends


def _facts(row: MaintenanceRow) -> dict[str, object]:
    return {
        "title": row.title,
        "scheduled_for": row.scheduled_for,
        "scheduled_until": row.scheduled_until,
        "auto_start": row.auto_start,
        "auto_complete": row.auto_complete,
        "metadata": row.details.get("metadata"),
    }
