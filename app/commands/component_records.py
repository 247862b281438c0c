"""Components and groups as programs know them: only what was given changes, and everything goes by id.

The rules are those of the console (`app.commands.component_edits`); the graph, the ways in and the
words for members are edited there alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from app.commands import component_edits
from app.commands.audit import note, note_change
from app.commands.component_edits import ComponentShape, the_component_row
from app.commands.components import report_status
from app.commands.incidents import components_named
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import ComponentsChanged
from app.store.components import ComponentGroupRow, ComponentRow, group_rows, live_components
from app.store.outbox import record

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


def add_component(session: Session, edit: ComponentEdit, *, now: datetime) -> str:
    """Put a component on the page, below all others; its id.

    Raises:
        RefusedError: no name, a name that another has, a text that is too long, or an unknown group.
    """
    _check_description(edit)
    group = _group_slug(session, edit.group_id or NO_GROUP)
    shape = ComponentShape(edit.name or "", group=group, description=edit.description or "")
    slug = component_edits.create_component(session, shape, now=now)
    _show(session, slug, edit, now)
    return the_component_row(session, slug).id


def edit_component(session: Session, slug: str, edit: ComponentEdit, *, now: datetime) -> None:
    """Change what was given about a component; `status` is what it reports apart from any incident.

    Raises:
        NotFoundError: there is no such component on the page.
        RefusedError: a rule of `reshape_component`, a text that is too long, or an unknown group.
    """
    _check_description(edit)
    the_component_row(session, slug)
    if (edit.name, edit.description, edit.group_id) != (None, None, None):
        component_edits.reshape_component(session, slug, _reshaped(session, slug, edit), now=now)
    _show(session, slug, edit, now)


def add_group(session: Session, name: str, slugs: Sequence[str], *, now: datetime) -> str:
    """Put a heading on the page, below all others, and these components under it; its id.

    Raises:
        RefusedError: no name, one that another has, or an unknown component.
    """
    before = {row.id for row in group_rows(session)}
    component_edits.create_group(session, name, now=now)
    session.flush()
    row = next(row for row in group_rows(session) if row.id not in before)
    _fill(session, row, slugs, now)
    return row.id


def edit_group(
    session: Session, group_id: str, *, name: str | None, slugs: Sequence[str] | None, now: datetime
) -> None:
    """Give a group another name, or exactly these components; None leaves them as they are.

    Raises:
        NotFoundError: there is no such group.
        RefusedError: no name, one that another has, or an unknown component.
    """
    row = _group_row(session, group_id)
    if name is not None and name != row.name:
        component_edits.rename_group(session, row.slug, name, now=now)
    if slugs is not None:
        _fill(session, row, slugs, now)


def dissolve_group(session: Session, group_id: str, *, now: datetime) -> None:
    """Take a heading away; its components stay on the page without one.

    Raises:
        NotFoundError: there is no such group.
    """
    row = _group_row(session, group_id)
    _fill(session, row, (), now)
    component_edits.remove_group(session, row.slug, now=now)


def _reshaped(session: Session, slug: str, edit: ComponentEdit) -> ComponentShape:
    """The component as it is, but for what was given."""
    stored = next(item for item in live_components(session) if item.slug == slug)
    return ComponentShape(
        name=stored.name if edit.name is None else edit.name,
        group=stored.group or "" if edit.group_id is None else _group_slug(session, edit.group_id),
        requires=stored.requires,
        reached_via=stored.reached_via,
        unattended=stored.unattended,
        description=stored.description if edit.description is None else edit.description,
        agents_say=stored.agents_say,
    )


def _show(session: Session, slug: str, edit: ComponentEdit, now: datetime) -> None:
    """How a component is shown, and what it reports."""
    row = the_component_row(session, slug)
    before = _shown_facts(row)
    row.showcase = row.showcase if edit.showcase is None else edit.showcase
    if edit.only_show_if_degraded is not None:
        row.only_show_if_degraded = edit.only_show_if_degraded
    row.start_on = edit.start_on or row.start_on
    after = _shown_facts(row)
    if after != before:
        row.updated_at, row.version = now, row.version + 1
        note_change(session, "component.edited", Subject("component", slug), before=before, after=after, now=now)
        record(session, ComponentsChanged(slugs=(slug,)), now)
    if edit.status is not None and edit.status != row.reported_status:
        report_status(session, slug, edit.status, now=now)


def _shown_facts(row: ComponentRow) -> dict[str, object]:
    return {
        "showcase": row.showcase,
        "only_show_if_degraded": row.only_show_if_degraded,
        "start_on": row.start_on,
    }


def _check_description(edit: ComponentEdit) -> None:
    most = component_edits.DESCRIPTION_MOST
    if edit.description is not None and len(edit.description) > most:
        words = f"This has {len(edit.description):,} characters; the most is {most:,}."
        raise RefusedError({"description": words})


def _group_slug(session: Session, group_id: str) -> str:
    if group_id == NO_GROUP:
        return ""
    row = session.get(ComponentGroupRow, group_id)
    if row is None:
        raise RefusedError({"group_id": f"There is no group “{group_id[:40]}”."})
    return row.slug


def _group_row(session: Session, group_id: str) -> ComponentGroupRow:
    row = session.get(ComponentGroupRow, group_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"There is no group “{group_id[:40]}”.")
    return row


def _fill(session: Session, group: ComponentGroupRow, slugs: Sequence[str], now: datetime) -> None:
    """Put exactly these components into the group."""
    wanted = components_named(session, slugs)
    inside = select(ComponentRow).where(ComponentRow.group_id == group.id).order_by(col(ComponentRow.position))
    standing = {row.slug: row for row in session.exec(inside)}
    moved = {slug: row for slug, row in (standing | wanted).items() if (slug in standing) is not (slug in wanted)}
    for slug, row in moved.items():
        row.group_id = group.id if slug in wanted else None
        row.updated_at, row.version = now, row.version + 1
    if moved:
        before, after = {"components": list(standing)}, {"components": list(wanted)}
        note(session, "group.filled", Subject("component_group", group.slug), before=before, after=after, now=now)
        record(session, ComponentsChanged(slugs=tuple(moved)), now)
    session.flush()
