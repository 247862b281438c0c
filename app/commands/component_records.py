"""Put one component or group on the page, change a few things about it, or take it off, as programs do.

The console edits the graph and the words for members; here stands what Statuspage's clients know.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from app.commands.audit import note, note_change
from app.commands.components import report_status
from app.commands.imported_components import free_slug
from app.commands.incidents import components_named
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import ComponentsChanged
from app.domain.incidents import TITLE_LIMIT
from app.domain.text import printable
from app.store.components import ComponentGroupRow, ComponentRow, component_row, group_rows
from app.store.outbox import record

DESCRIPTION_LIMIT = 2_000
NO_GROUP = ""


@dataclass(frozen=True, slots=True)
class ComponentEdit:
    """What to change; None leaves it as it is. `group_id` is a group's id, or `NO_GROUP` for none."""

    name: str | None = None
    description: str | None = None
    status: ComponentStatus | None = None
    group_id: str | None = None
    showcase: bool | None = None
    only_show_if_degraded: bool | None = None
    start_on: date | None = None


def create_component(session: Session, edit: ComponentEdit, *, now: datetime) -> str:
    """Put a component on the page, below all others; its id. Doors and dependencies are added in the console.

    Raises:
        RefusedError: no name, a text that is too long, or an unknown group.
    """
    rows = list(session.exec(select(ComponentRow)))
    row = ComponentRow(
        slug=free_slug(edit.name or "", {row.slug for row in rows}, "component"),
        name="",
        position=max((row.position for row in rows), default=0) + 1,
        created_at=now,
        updated_at=now,
    )
    _apply(session, row, edit, needs_name=True)
    row.reported_status = edit.status or ComponentStatus.OPERATIONAL
    session.add(row)
    session.flush()
    note(session, "component.created", Subject("component", row.slug), after={"name": row.name}, now=now)
    record(session, ComponentsChanged(slugs=(row.slug,)), now)
    return row.id


def edit_component(session: Session, slug: str, edit: ComponentEdit, *, now: datetime) -> None:
    """Change what was given about a component; `status` is what it reports apart from any incident.

    Raises:
        NotFoundError: there is no such component.
        RefusedError: an empty name, a text that is too long, or an unknown group.
    """
    row = _live_row(session, slug)
    before = row.model_dump()
    _apply(session, row, edit)
    if row.model_dump() != before:
        note_change(
            session, "component.edited", Subject("component", slug), before=before, after=row.model_dump(), now=now
        )
        row.updated_at, row.version = now, row.version + 1
        record(session, ComponentsChanged(slugs=(slug,)), now)
    if edit.status is not None and edit.status != row.reported_status:
        report_status(session, slug, edit.status, now=now)


def retire_component(session: Session, slug: str, *, now: datetime) -> None:
    """Take a component off the page. Its history stays; what hung on it stands by itself.

    Raises:
        NotFoundError: there is no such component.
    """
    row = _live_row(session, slug)
    row.retired_at, row.updated_at, row.version = now, now, row.version + 1
    note(session, "component.retired", Subject("component", slug), before={"name": row.name}, now=now)
    record(session, ComponentsChanged(slugs=(slug,)), now)


def create_group(session: Session, name: str, slugs: Sequence[str], *, now: datetime) -> str:
    """Put a heading on the page, below all others, and these components under it; its id.

    Raises:
        RefusedError: no name or a long one, or an unknown component.
    """
    rows = group_rows(session)
    row = ComponentGroupRow(
        slug=free_slug(name, {row.slug for row in rows}, "group"),
        name=_checked_name(name),
        position=max((row.position for row in rows), default=0) + 1,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    _fill(session, row, slugs, now)
    facts = {"name": row.name, "components": list(slugs)}
    note(session, "component_group.created", Subject("component_group", row.slug), after=facts, now=now)
    record(session, ComponentsChanged(slugs=tuple(slugs)), now)
    return row.id


def edit_group(
    session: Session, group_id: str, *, name: str | None, slugs: Sequence[str] | None, now: datetime
) -> None:
    """Give a group another name, or exactly these components; None leaves them as they are.

    Raises:
        NotFoundError: there is no such group.
        RefusedError: an empty name, or an unknown component.
    """
    row = _group_row(session, group_id)
    before = {"name": row.name, "components": _slugs_in(session, row)}
    row.name, row.updated_at = row.name if name is None else _checked_name(name), now
    if slugs is not None:
        _fill(session, row, slugs, now)
    after = {"name": row.name, "components": _slugs_in(session, row)}
    note(session, "component_group.edited", Subject("component_group", row.slug), before=before, after=after, now=now)
    record(session, ComponentsChanged(slugs=tuple(slugs or ())), now)


def remove_group(session: Session, group_id: str, *, now: datetime) -> None:
    """Take a heading away; its components stay on the page without one.

    Raises:
        NotFoundError: there is no such group.
    """
    row = _group_row(session, group_id)
    before = {"name": row.name, "components": _slugs_in(session, row)}
    _fill(session, row, (), now, retired_too=True)
    session.delete(row)
    note(session, "component_group.removed", Subject("component_group", row.slug), before=before, now=now)
    record(session, ComponentsChanged(), now)


def _apply(session: Session, row: ComponentRow, edit: ComponentEdit, *, needs_name: bool = False) -> None:
    if edit.name is not None or needs_name:
        row.name = _checked_name(edit.name or "")
    if edit.description is not None:
        row.description = _checked_description(edit.description)
    if edit.group_id is not None:
        row.group_id = _group_row_named(session, edit.group_id)
    row.showcase = row.showcase if edit.showcase is None else edit.showcase
    if edit.only_show_if_degraded is not None:
        row.only_show_if_degraded = edit.only_show_if_degraded
    row.start_on = edit.start_on or row.start_on


def _checked_name(name: str) -> str:
    name = printable(name).strip()
    if not name or len(name) > TITLE_LIMIT:
        raise RefusedError({"name": f"Give the name that members know, in at most {TITLE_LIMIT} characters."})
    return name


def _checked_description(text: str) -> str:
    text = printable(text).strip()
    if len(text) > DESCRIPTION_LIMIT:
        raise RefusedError({"description": f"This has {len(text):,} characters; the most is {DESCRIPTION_LIMIT:,}."})
    return text


def _group_row_named(session: Session, group_id: str) -> str | None:
    if group_id != NO_GROUP and session.get(ComponentGroupRow, group_id) is None:
        raise RefusedError({"group_id": f"There is no group “{group_id[:40]}”."})
    return group_id or None


def _live_row(session: Session, slug: str) -> ComponentRow:
    row = component_row(session, slug)
    if row is None or row.retired_at is not None:
        raise NotFoundError(f"There is no component “{slug[:40]}”.")
    return row


def _group_row(session: Session, group_id: str) -> ComponentGroupRow:
    row = session.get(ComponentGroupRow, group_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"There is no group “{group_id[:40]}”.")
    return row


def _slugs_in(session: Session, group: ComponentGroupRow) -> list[str]:
    inside = select(ComponentRow.slug).where(ComponentRow.group_id == group.id).order_by(col(ComponentRow.position))
    return list(session.exec(inside))


def _fill(
    session: Session, group: ComponentGroupRow, slugs: Sequence[str], now: datetime, *, retired_too: bool = False
) -> None:
    """Put exactly these components into the group; retired ones keep their place in it unless it goes too."""
    wanted = components_named(session, slugs)
    for row in session.exec(select(ComponentRow).where(ComponentRow.group_id == group.id)):
        if row.slug not in wanted and (row.retired_at is None or retired_too):
            row.group_id, row.updated_at, row.version = None, now, row.version + 1
    for row in wanted.values():
        if row.group_id != group.id:
            row.group_id, row.updated_at, row.version = group.id, now, row.version + 1
    session.flush()
