"""Rows of components, groups, dependencies and direct links, and the queries that name them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.components import (
    AuthMode,
    Component,
    ComponentGroup,
    ComponentStatus,
    DirectLink,
    Weight,
    worst_status,
)
from app.store.columns import Moment, new_id

REQUIRES = "requires"
REACHED_VIA = "reached_via"


class ComponentGroupRow(SQLModel, table=True):
    """A heading on the page."""

    __tablename__ = "component_group"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    slug: str = Field(unique=True)
    name: str
    position: int
    translations: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)


class ComponentRow(SQLModel, table=True):
    """One component. `retired_at` takes it off the page and keeps its history.

    `reported_status` is what the console or the API says apart from any incident.
    `link_reminded_at` is set once somebody was reminded to prove this link again.
    """

    __tablename__ = "component"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    slug: str = Field(unique=True)
    group_id: str | None = Field(default=None, foreign_key="component_group.id")
    name: str
    position: int
    reported_status: str = ComponentStatus.OPERATIONAL
    unattended: bool = False
    description: str = ""
    agents_say: str = ""
    is_it_down: list[str] = Field(default_factory=list, sa_type=JSON)
    cannot_do: str = ""
    still_can: str = ""
    workaround: str = ""
    phone_support: str = ""
    normal_url: str | None = None
    link_url: str | None = None
    link_auth_mode: str = AuthMode.NONE
    link_verified_on: date | None = None
    link_first_time: str = ""
    link_note: str = ""
    link_app: str = ""
    link_reminded_at: datetime | None = Field(default=None, sa_type=Moment)
    showcase: bool = True
    only_show_if_degraded: bool = False
    start_on: date | None = None
    weight: int = Weight.USUAL
    translations: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    source: str = ""
    external_id: str | None = None
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    retired_at: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


class DependencyRow(SQLModel, table=True):
    """One edge of the graph; `kind` is `requires` or `reached_via`, `position` keeps their order."""

    __tablename__ = "dependency"

    component_id: str = Field(foreign_key="component.id", primary_key=True)
    on_component_id: str = Field(foreign_key="component.id", primary_key=True)
    kind: str = Field(primary_key=True)
    position: int = 0


def component_rows(session: Session) -> list[ComponentRow]:
    """Components on the page, in order."""
    live = select(ComponentRow).where(col(ComponentRow.retired_at).is_(None))
    return list(session.exec(live.order_by(col(ComponentRow.position), col(ComponentRow.slug))))


def retired_components(session: Session) -> list[tuple[str, str, datetime]]:
    """Slug, name and moment of every component that was taken off the page, the latest first."""
    rows = select(ComponentRow).where(col(ComponentRow.retired_at).is_not(None))
    latest = rows.order_by(col(ComponentRow.retired_at).desc())
    return [(row.slug, row.name, row.retired_at) for row in session.exec(latest) if row.retired_at]


def component_row(session: Session, slug: str) -> ComponentRow | None:
    """The component by slug, retired or not."""
    return session.exec(select(ComponentRow).where(ComponentRow.slug == slug)).first()


def component_names(session: Session) -> dict[str, tuple[str, str]]:
    """Slug and name of every component that ever was, by id."""
    rows = session.exec(select(ComponentRow.id, ComponentRow.slug, ComponentRow.name))
    return {component_id: (slug, name) for component_id, slug, name in rows}


def group_rows(session: Session) -> list[ComponentGroupRow]:
    """Groups in order."""
    return list(session.exec(select(ComponentGroupRow).order_by(col(ComponentGroupRow.position))))


def component_groups(session: Session) -> tuple[ComponentGroup, ...]:
    """Groups as frozen values, in order."""
    return tuple(_frozen_group(row) for row in group_rows(session))


def _frozen_group(row: ComponentGroupRow) -> ComponentGroup:
    return ComponentGroup(
        id=row.id,
        slug=row.slug,
        name=row.name,
        position=row.position,
        translations=row.translations,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def live_components(session: Session, states: Mapping[str, ComponentStatus] | None = None) -> tuple[Component, ...]:
    """Components on the page as frozen values, in order, with their graph.

    `states` maps slugs to what incidents and planned work say; the worse of that and the reported
    status counts.
    """
    return components_and_groups(session, states)[0]


def components_and_groups(
    session: Session, states: Mapping[str, ComponentStatus] | None = None
) -> tuple[tuple[Component, ...], tuple[ComponentGroup, ...]]:
    """`live_components`, and the groups in which they stand, in order; two statements in all."""
    live = (
        select(ComponentRow, ComponentGroupRow)
        .outerjoin(ComponentGroupRow, col(ComponentGroupRow.id) == col(ComponentRow.group_id))
        .where(col(ComponentRow.retired_at).is_(None))
        .order_by(col(ComponentRow.position), col(ComponentRow.slug))
    )
    found: list[tuple[ComponentRow, ComponentGroupRow | None]] = list(session.exec(live).all())
    groups = {group.id: group for _, group in found if group}
    slugs = {row.id: row.slug for row, _ in found}
    edges = _edges(session, slugs)
    names = {group.id: group.slug for group in groups.values()}
    ordered = sorted(groups.values(), key=lambda group: group.position)
    return tuple(_frozen(row, names, edges, states or {}) for row, _ in found), tuple(map(_frozen_group, ordered))


def _edges(session: Session, slugs: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for edge in session.exec(select(DependencyRow).order_by(col(DependencyRow.position))):
        if edge.on_component_id in slugs:
            found[edge.component_id, edge.kind].append(slugs[edge.on_component_id])
    return {key: tuple(targets) for key, targets in found.items()}


def _frozen(
    row: ComponentRow,
    groups: Mapping[str, str],
    edges: Mapping[tuple[str, str], tuple[str, ...]],
    states: Mapping[str, ComponentStatus],
) -> Component:
    return Component(
        id=row.id,
        slug=row.slug,
        name=row.name,
        position=row.position,
        group=groups.get(row.group_id or ""),
        status=worst_status((ComponentStatus(row.reported_status), states.get(row.slug, ComponentStatus.OPERATIONAL))),
        requires=edges.get((row.id, REQUIRES), ()),
        reached_via=edges.get((row.id, REACHED_VIA), ()),
        direct_link=DirectLink(
            url=row.link_url,
            auth_mode=AuthMode(row.link_auth_mode),
            verified_on=row.link_verified_on,
            first_time=row.link_first_time,
            note=row.link_note,
            app=row.link_app,
        ),
        unattended=row.unattended,
        description=row.description,
        agents_say=row.agents_say,
        is_it_down=tuple(row.is_it_down),
        cannot_do=row.cannot_do,
        still_can=row.still_can,
        workaround=row.workaround,
        phone_support=row.phone_support,
        normal_url=row.normal_url,
        showcase=row.showcase,
        only_show_if_degraded=row.only_show_if_degraded,
        start_on=row.start_on,
        weight=Weight(row.weight),
        translations=row.translations,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def replace_dependencies(
    session: Session, component_id: str, requires: Iterable[str], reached_via: Iterable[str]
) -> None:
    """Give a component exactly these edges; both hold component ids."""
    for edge in session.exec(select(DependencyRow).where(DependencyRow.component_id == component_id)):
        session.delete(edge)
    session.flush()
    for kind, targets in ((REQUIRES, requires), (REACHED_VIA, reached_via)):
        for position, target in enumerate(targets):
            session.add(DependencyRow(component_id=component_id, on_component_id=target, kind=kind, position=position))
