"""Add, reshape, order, retire and bring back components, and look after the groups they stand in."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from app.commands.audit import note, note_change
from app.domain.audit import Subject
from app.domain.components import Weight
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.events import ComponentsChanged
from app.domain.reach import check_graph
from app.domain.text import printable
from app.store.components import (
    ComponentGroupRow,
    ComponentRow,
    component_row,
    component_rows,
    group_rows,
    live_components,
    replace_dependencies,
)
from app.store.outbox import record
from app.store.standing import states_in_force

NAME_MOST = 120
DESCRIPTION_MOST = 500
RESERVED_SLUGS = frozenset({"new", "graph", "what-if", "arrangement", "groups", "history"})
"""Addresses of the console and the page that no component may take."""


@dataclass(frozen=True, slots=True)
class ComponentShape:
    """What a component is and what it hangs on; group and edges by slug."""

    name: str
    group: str = ""
    requires: Sequence[str] = ()
    reached_via: Sequence[str] = ()
    unattended: bool = False
    weight: Weight = Weight.USUAL
    description: str = ""
    agents_say: str = ""


def create_component(session: Session, shape: ComponentShape, *, now: datetime) -> str:
    """Add a component at the end of its group; its new slug.

    Raises:
        RefusedError: no name, a name that another has, an unknown group, or a graph that cannot be.
    """
    slug = _new_slug(session, shape.name)
    row = ComponentRow(slug=slug, name=shape.name, position=_last_position(session) + 1, created_at=now, updated_at=now)
    session.add(row)
    _reshape(session, row, shape)
    note(session, "component.created", Subject("component", slug), after=_facts(shape), now=now)
    record(session, ComponentsChanged(slugs=(slug,)), now)
    return slug


def reshape_component(
    session: Session, slug: str, shape: ComponentShape, *, now: datetime, expected_version: int | None = None
) -> None:
    """Change what a component is called, where it stands and what it hangs on.

    Raises:
        NotFoundError: there is no such component.
        StaleVersionError: somebody changed it since.
        RefusedError: no name, an unknown group, or a graph that cannot be.
    """
    row = the_component_row(session, slug)
    check_version(row, expected_version)
    before = _stored_facts(session, row)
    _reshape(session, row, shape)
    note_change(
        session,
        "component.reshaped",
        Subject("component", slug),
        before=before,
        after=_stored_facts(session, row),
        now=now,
    )
    _touch(session, row, now)


def move_component(session: Session, slug: str, step: int, *, now: datetime) -> None:
    """Put a component one place up (-1) or down (1) within its group; at the end it stays.

    Raises:
        NotFoundError: there is no such component on the page.
    """
    row = the_component_row(session, slug)
    beside = [item for item in component_rows(session) if item.group_id == row.group_id]
    if _swap(beside, beside.index(row), step):
        note(session, "component.moved", Subject("component", slug), after={"step": step}, now=now)
        record(session, ComponentsChanged(slugs=(slug,)), now)


def retire_component(session: Session, slug: str, *, now: datetime) -> None:
    """Take a component off the page; its history stays.

    Raises:
        NotFoundError: there is no such component on the page.
        RefusedError: an open incident or work in progress speaks of it, or others hang on it.
    """
    row = the_component_row(session, slug)
    if slug in states_in_force(session):
        raise RefusedError(f"{row.name} is part of an open incident or of work going on. Finish that first.")
    others = [item for item in live_components(session) if slug in (*item.requires, *item.reached_via)]
    if others:
        names = ", ".join(item.short_name for item in others)
        raise RefusedError(f"{names} still hang on {row.name}. Change what they hang on first.")
    row.retired_at = now
    note(session, "component.retired", Subject("component", slug), after={"name": row.name}, now=now)
    _touch(session, row, now)


def restore_component(session: Session, slug: str, *, now: datetime) -> None:
    """Bring a retired component back, with what it hung on where that is still there.

    Raises:
        NotFoundError: there was never such a component.
        RefusedError: with it the graph could not be true.
    """
    row = component_row(session, slug)
    if row is None:
        raise NotFoundError(f"There is no component “{slug[:40]}”.")
    row.retired_at, row.position = None, _last_position(session) + 1
    session.flush()
    _check_graph(session)
    note(session, "component.restored", Subject("component", slug), after={"name": row.name}, now=now)
    _touch(session, row, now)


def create_group(session: Session, name: str, *, now: datetime) -> None:
    """Add a heading after the others.

    Raises:
        RefusedError: no name, or one that another group has.
    """
    groups = group_rows(session)
    name = _checked_name(name, [group.name for group in groups])
    slug = _slug_of(name, {group.slug for group in groups})
    position = max((group.position for group in groups), default=0) + 1
    session.add(ComponentGroupRow(slug=slug, name=name, position=position, created_at=now, updated_at=now))
    note(session, "group.created", Subject("component_group", slug), after={"name": name}, now=now)
    record(session, ComponentsChanged(), now)


def rename_group(session: Session, slug: str, name: str, *, now: datetime) -> None:
    """Give a heading another name.

    Raises:
        NotFoundError: there is no such group.
        RefusedError: no name, or one that another group has.
    """
    groups = group_rows(session)
    row = _group(groups, slug)
    before, row.name = row.name, _checked_name(name, [group.name for group in groups if group.slug != slug])
    row.updated_at = now
    subject = Subject("component_group", slug)
    note(session, "group.renamed", subject, before={"name": before}, after={"name": row.name}, now=now)
    record(session, ComponentsChanged(), now)


def move_group(session: Session, slug: str, step: int, *, now: datetime) -> None:
    """Put a heading one place up (-1) or down (1); at the end it stays.

    Raises:
        NotFoundError: there is no such group.
    """
    groups = group_rows(session)
    if _swap(groups, groups.index(_group(groups, slug)), step):
        note(session, "group.moved", Subject("component_group", slug), after={"step": step}, now=now)
        record(session, ComponentsChanged(), now)


def remove_group(session: Session, slug: str, *, now: datetime) -> None:
    """Take away an empty heading.

    Raises:
        NotFoundError: there is no such group.
        RefusedError: components stand in it; retired ones count, they may come back.
    """
    row = _group(group_rows(session), slug)
    if session.exec(select(ComponentRow.id).where(ComponentRow.group_id == row.id).limit(1)).first():
        raise RefusedError(f"There are still components in “{row.name}”, retired ones counted. Move them first.")
    session.delete(row)
    note(session, "group.removed", Subject("component_group", slug), before={"name": row.name}, now=now)
    record(session, ComponentsChanged(), now)


def the_component_row(session: Session, slug: str) -> ComponentRow:
    """The component on the page, to be changed.

    Raises:
        NotFoundError: there is none, or it is retired.
    """
    row = component_row(session, slug)
    if row is None or row.retired_at is not None:
        raise NotFoundError(f"There is no component “{slug[:40]}”.")
    return row


def check_version(row: ComponentRow, expected: int | None) -> None:
    """Refuse to overwrite what the editor has not seen.

    Raises:
        StaleVersionError: the component changed since that version.
    """
    if expected is not None and row.version != expected:
        raise StaleVersionError(
            "Somebody changed this component while you were writing. Your words are kept.", current=row.version
        )


def _reshape(session: Session, row: ComponentRow, shape: ComponentShape) -> None:
    others = [item for item in component_rows(session) if item.slug != row.slug]
    row.name = _checked_name(shape.name, [item.name for item in others])
    row.group_id = _group(group_rows(session), shape.group).id if shape.group else None
    row.unattended, row.weight = shape.unattended, shape.weight
    row.description, row.agents_say = printable(shape.description).strip(), printable(shape.agents_say).strip()
    ids = {item.slug: item.id for item in others}
    unknown = [slug for slug in (*shape.requires, *shape.reached_via) if slug not in ids]
    if unknown:
        raise RefusedError({"edges": f"There is no other component “{unknown[0][:40]}”."})
    session.flush()
    replace_dependencies(
        session, row.id, [ids[slug] for slug in shape.requires], [ids[slug] for slug in shape.reached_via]
    )
    session.flush()
    _check_graph(session)


def _check_graph(session: Session) -> None:
    try:
        check_graph(live_components(session))
    except RefusedError as error:
        raise RefusedError({"edges": " ".join(error.problems.values())}) from None


def _touch(session: Session, row: ComponentRow, now: datetime) -> None:
    row.updated_at, row.version = now, row.version + 1
    record(session, ComponentsChanged(slugs=(row.slug,)), now)


def _facts(shape: ComponentShape) -> dict[str, object]:
    return {
        "name": shape.name,
        "group": shape.group,
        "requires": list(shape.requires),
        "reached_via": list(shape.reached_via),
    }


def _stored_facts(session: Session, row: ComponentRow) -> dict[str, object]:
    stored = next(item for item in live_components(session) if item.slug == row.slug)
    return {
        "name": stored.name,
        "group": stored.group or "",
        "requires": list(stored.requires),
        "reached_via": list(stored.reached_via),
        "unattended": stored.unattended,
        "weight": stored.weight,
        "description": stored.description,
        "agents_say": stored.agents_say,
    }


def _checked_name(name: str, taken: Sequence[str]) -> str:
    name = " ".join(printable(name).split())
    if not name:
        raise RefusedError({"name": "Give the name that members know."})
    if len(name) > NAME_MOST:
        raise RefusedError({"name": f"This name has {len(name)} characters; the most is {NAME_MOST}."})
    if name.casefold() in {other.casefold() for other in taken}:
        raise RefusedError({"name": f"There is already a “{name}”. Members could not tell them apart."})
    return name


def _new_slug(session: Session, name: str) -> str:
    return _slug_of(name, set(session.exec(select(ComponentRow.slug))) | RESERVED_SLUGS)


def _slug_of(name: str, taken: set[str] | frozenset[str]) -> str:
    """A short address made from the name: "Client portal (new)" becomes "client-portal"."""
    plain = unicodedata.normalize("NFKD", name.partition(" (")[0]).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40].strip("-") or "component"
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (stem, *numbered) if slug not in taken)


def _last_position(session: Session) -> int:
    return session.exec(select(func.max(col(ComponentRow.position)))).one() or 0


def _group(groups: Sequence[ComponentGroupRow], slug: str) -> ComponentGroupRow:
    found = next((group for group in groups if group.slug == slug), None)
    if found is None:
        raise NotFoundError(f"There is no group “{slug[:40]}”.")
    return found


def _swap(rows: Sequence[ComponentRow] | Sequence[ComponentGroupRow], at: int, step: int) -> bool:
    """Exchange a row with its neighbour; False where there is none."""
    beside = at + step
    if not 0 <= beside < len(rows) or not step:
        return False
    positions = sorted({row.position for row in rows})
    if len(positions) < len(rows):  # two with the same place: number them all before they change places
        for number, row in enumerate(rows, start=1):
            row.position = number
    rows[at].position, rows[beside].position = rows[beside].position, rows[at].position
    return True
