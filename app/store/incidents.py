"""Rows of incidents and their updates, and the queries that name them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.components import ComponentStatus
from app.domain.incidents import (
    AffectedComponent,
    ComponentChange,
    DeadlineRelief,
    Headings,
    Incident,
    IncidentStatus,
    IncidentUpdate,
)
from app.domain.severity import Impact, Kind, Severity, Urgency
from app.domain.stages import Fix, Stage
from app.domain.urgency import UrgencyAnswers
from app.store.columns import Moment, new_id
from app.store.components import ComponentRow

OPEN = [status.value for status in IncidentStatus if status.is_open]
_CHUNK = 500

URGENCY_SINCE = "urgency_since"
URGENCY_ANSWERS = "urgency_answers"
"""Under what name the details of an incident keep the moment of the last change of its urgency."""


class IncidentRow(SQLModel, table=True):
    """One incident. `version` grows with every change; `(source, external_id)` marks imports.

    A drill (R70) is never on the page, and only test recipients hear of it. `hidden_at` takes an
    incident off the page and out of every query that names incidents; the row stays. `stage` is
    None where it was over before anybody kept stages.
    """

    __tablename__ = "incident"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    number: int = Field(unique=True)
    reference: str = ""
    title: str
    kind: str
    severity: str | None = None
    urgency: str | None = None
    impact: str
    status: str = Field(index=True)
    started_at: datetime = Field(sa_type=Moment, index=True)
    monitoring_at: datetime | None = Field(default=None, sa_type=Moment)
    resolved_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment, index=True)
    updated_at: datetime = Field(sa_type=Moment)
    relief: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    defects: list[str] = Field(default_factory=list, sa_type=JSON)
    source: str = ""
    external_id: str | None = None
    version: int = 1
    hidden_at: datetime | None = Field(default=None, sa_type=Moment)
    is_drill: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    stage: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    fix: str | None = None
    relieved_at: datetime | None = Field(default=None, sa_type=Moment)
    fixed_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)


class IncidentComponentRow(SQLModel, table=True):
    """The state an incident gives a component now."""

    __tablename__ = "incident_component"

    incident_id: str = Field(foreign_key="incident.id", primary_key=True)
    component_id: str = Field(foreign_key="component.id", primary_key=True, index=True)
    status: str
    position: int = 0


class IncidentUpdateRow(SQLModel, table=True):
    """One thing that was said; `changes` is a list of {slug, name, old, new}."""

    __tablename__ = "incident_update"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    number: int = Field(unique=True)
    incident_id: str = Field(foreign_key="incident.id", index=True)
    position: int
    status: str
    body: str
    what_happened: str = ""
    what_we_are_doing: str = ""
    what_is_affected: str = ""
    how_to_reach: str = ""
    footnote: str = ""
    display_at: datetime | None = Field(default=None, sa_type=Moment)
    next_update_at: datetime | None = Field(default=None, sa_type=Moment)
    deliver_notifications: bool = False
    changes: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    author_id: str | None = None
    external_id: str | None = None
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)


SHOWN = col(IncidentRow.hidden_at).is_(None)
"""The condition that every query about incidents carries."""

REAL = SHOWN & col(IncidentRow.is_drill).is_(False)
"""The condition of what members may ever see: no drill among it."""


def incident_row(session: Session, incident_id: str) -> IncidentRow | None:
    """The row by id or by the organisation's own reference ("HP-2026-0404"); None once it is hidden."""
    by_reference = select(IncidentRow).where(IncidentRow.reference == incident_id, IncidentRow.reference != "", SHOWN)
    row = session.get(IncidentRow, incident_id)
    return row if row and row.hidden_at is None else session.exec(by_reference).first()


def incident_versions(session: Session, *, drills: bool = False) -> dict[str, int]:
    """Version of every incident by id, newest start first: what changed since a snapshot. `drills` adds those."""
    rows = session.exec(
        select(IncidentRow.id, IncidentRow.version)
        .where(SHOWN if drills else REAL)
        .order_by(col(IncidentRow.started_at).desc(), col(IncidentRow.number).desc())
    )
    return dict(rows.all())


def is_any_open(session: Session) -> bool:
    """Whether an incident that is no drill still needs updates."""
    wanted = select(IncidentRow.id).where(col(IncidentRow.status).in_(OPEN), REAL)
    return session.exec(wanted.limit(1)).first() is not None


def open_incidents(session: Session, *, drills: bool = False) -> list[Incident]:
    """Incidents that still need updates, newest first; with `drills` the rehearsed ones too."""
    rows = session.exec(
        select(IncidentRow)
        .where(col(IncidentRow.status).in_(OPEN), SHOWN if drills else REAL)
        .order_by(col(IncidentRow.started_at).desc())
    )
    return whole_incidents(session, rows.all())


def _ended(search: str) -> Any:
    ended = _newest_first(col(IncidentRow.status).not_in(OPEN), SHOWN)
    if not search:
        return ended
    titled = col(IncidentRow.title).icontains(search, autoescape=True)
    return ended.where(titled | col(IncidentRow.reference).icontains(search, autoescape=True))


def _newest_first(*conditions: Any) -> Any:
    newest = (col(IncidentRow.started_at).desc(), col(IncidentRow.number).desc())
    return select(IncidentRow).where(*conditions).order_by(*newest)


def incident_list(session: Session, search: str, *, skip: int, most: int) -> tuple[list[Incident], list[Incident]]:
    """Open incidents, drills too, and a page of those that are over, each newest first; four statements in all."""
    opened = session.exec(_newest_first(col(IncidentRow.status).in_(OPEN), SHOWN)).all()
    ended = session.exec(_ended(search).offset(skip).limit(most)).all()
    found = whole_incidents(session, [*opened, *ended])
    return found[: len(opened)], found[len(opened) :]


def the_incident(session: Session, incident_id: str) -> Incident | None:
    """One incident whole, by id or reference."""
    row = incident_row(session, incident_id)
    return whole_incidents(session, [row])[0] if row else None


def speaker_since(session: Session, incident_id: str, since: datetime) -> tuple[str, datetime] | None:
    """The account whose words opened an incident at or after that moment, or brought it back, and when.

    None where a program or a shell did.
    """
    row = IncidentUpdateRow
    wanted = select(row.author_id, row.created_at).where(row.incident_id == incident_id, row.created_at >= since)
    author, at = session.exec(wanted.order_by(col(row.position)).limit(1)).first() or (None, since)
    return (author, at) if author else None


def incident_details(session: Session, wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """What is kept of incidents for some screens and programs alone, by id."""
    kept = select(IncidentRow.id, IncidentRow.details).where(col(IncidentRow.id).in_(wanted))
    return {record_id: dict(details) for record_id, details in session.exec(kept)}


def titles_of(session: Session, wanted: Collection[str]) -> dict[str, str]:
    """The titles of incidents by id; those that were taken off the page are missing."""
    named = select(IncidentRow.id, IncidentRow.title).where(col(IncidentRow.id).in_(wanted), SHOWN)
    return dict(session.exec(named).all())


def incidents_by_id(session: Session, wanted: Collection[str]) -> dict[str, Incident]:
    """Whole incidents by id, in three statements per five hundred."""
    ids = list(wanted)
    found: dict[str, Incident] = {}
    for start in range(0, len(ids), _CHUNK):
        found |= _load(session, ids[start : start + _CHUNK])
    return found


def _load(session: Session, ids: list[str]) -> dict[str, Incident]:
    rows = session.exec(select(IncidentRow).where(col(IncidentRow.id).in_(ids))).all()
    return {found.id: found for found in whole_incidents(session, rows)}


def whole_incidents(session: Session, rows: Sequence[IncidentRow]) -> list[Incident]:
    """The incidents of these rows with what was said and what is affected, in two statements."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    updates: defaultdict[str, list[IncidentUpdate]] = defaultdict(list)
    ordered = select(IncidentUpdateRow).where(col(IncidentUpdateRow.incident_id).in_(ids))
    for update in session.exec(ordered.order_by(col(IncidentUpdateRow.position))):
        updates[update.incident_id].append(_frozen_update(update))
    components = affected_components(session, IncidentComponentRow, IncidentComponentRow.incident_id, ids)
    return [_frozen(row, updates[row.id], components.get(row.id, ())) for row in rows]


def affected_components(
    session: Session, table: Any, owner: Any, ids: list[str]
) -> Mapping[str, tuple[AffectedComponent, ...]]:
    """The components of incidents (or of maintenance) by owner id, in order."""
    found: defaultdict[str, list[AffectedComponent]] = defaultdict(list)
    rows = session.exec(
        select(owner, ComponentRow.slug, ComponentRow.name, table.status)
        .join(ComponentRow, ComponentRow.id == table.component_id)
        .where(owner.in_(ids))
        .order_by(table.position)
    )
    for owner_id, slug, name, status in rows:
        found[owner_id].append(AffectedComponent(slug, name, ComponentStatus(status)))
    return {owner_id: tuple(components) for owner_id, components in found.items()}


def frozen_changes(changes: Iterable[Mapping[str, str]]) -> tuple[ComponentChange, ...]:
    """Stored changes as values."""
    return tuple(
        ComponentChange(
            slug=change["slug"],
            name=change["name"],
            old=ComponentStatus(change["old"]),
            new=ComponentStatus(change["new"]),
        )
        for change in changes
    )


def footnote_of(session: Session, update_id: str) -> str:
    """The footnote of one update; empty where there is none."""
    return session.exec(select(IncidentUpdateRow.footnote).where(IncidentUpdateRow.id == update_id)).first() or ""


def newest_way_round(session: Session, incident_id: str) -> str:
    """What members were last told about reaching what works; empty where nothing was said."""
    said = select(IncidentUpdateRow.how_to_reach).where(
        IncidentUpdateRow.incident_id == incident_id, IncidentUpdateRow.how_to_reach != ""
    )
    return session.exec(said.order_by(col(IncidentUpdateRow.position).desc())).first() or ""


def said_facts(said: IncidentUpdateRow) -> dict[str, object]:
    """What an update says, as the audit log keeps it; empty fields are left out."""
    words = (said.what_happened, said.what_we_are_doing, said.what_is_affected, said.how_to_reach)
    facts = {
        "update": said.number,
        "status": said.status,
        "body": said.body,
        "headings": list(words) if any(words) else None,
        "footnote": said.footnote,
        "next_update_at": said.next_update_at,
        "components": {change["slug"]: change["new"] for change in said.changes},
        "notify": said.deliver_notifications,
    }
    return {name: value for name, value in facts.items() if value not in (None, "", {})}


def stored_changes(changes: Iterable[ComponentChange]) -> list[dict[str, str]]:
    """Changes as they are stored."""
    return [
        {"slug": change.slug, "name": change.name, "old": change.old.value, "new": change.new.value}
        for change in changes
    ]


def _frozen_update(row: IncidentUpdateRow) -> IncidentUpdate:
    return IncidentUpdate(
        id=row.id,
        number=row.number,
        status=IncidentStatus(row.status),
        body=row.body,
        headings=Headings(row.what_happened, row.what_we_are_doing, row.what_is_affected, row.how_to_reach),
        footnote=row.footnote,
        display_at=row.display_at,
        next_update_at=row.next_update_at,
        deliver_notifications=row.deliver_notifications,
        changes=frozen_changes(row.changes),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _frozen(row: IncidentRow, updates: list[IncidentUpdate], components: tuple[AffectedComponent, ...]) -> Incident:
    return Incident(
        id=row.id,
        number=row.number,
        reference=row.reference,
        title=row.title,
        kind=Kind(row.kind),
        severity=Severity(row.severity) if row.severity else None,
        urgency=Urgency(row.urgency) if row.urgency else None,
        impact=Impact(row.impact),
        status=IncidentStatus(row.status),
        started_at=row.started_at,
        monitoring_at=row.monitoring_at,
        resolved_at=row.resolved_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        updates=tuple(updates),
        components=components,
        relief=_frozen_relief(row.relief),
        source=row.source,
        defects=tuple(row.defects),
        is_drill=row.is_drill,
        urgency_since=urgency_since(row),
        stage=Stage(row.stage) if row.stage else None,
        confirmed_at=row.confirmed_at,
        fix=Fix(row.fix) if row.fix else None,
        relieved_at=row.relieved_at,
        fixed_at=row.fixed_at,
        closed_at=row.closed_at,
    )


def urgency_answers(row: IncidentRow) -> UrgencyAnswers | None:
    """What was answered to the four questions of urgency; None where nobody has."""
    stated = row.details.get(URGENCY_ANSWERS)
    return UrgencyAnswers(**stated) if stated else None


def urgency_since(row: IncidentRow) -> datetime | None:
    """Since when its urgency holds; None where it is the one it began with."""
    stated = row.details.get(URGENCY_SINCE)
    return datetime.fromisoformat(stated) if stated else None


def _frozen_relief(stored: Mapping[str, Any] | None) -> DeadlineRelief | None:
    if not stored:
        return None
    return DeadlineRelief(
        starts_at=datetime.fromisoformat(stored["starts_at"]),
        ends_at=datetime.fromisoformat(stored["ends_at"]),
        rules=tuple(stored["rules"]),
        authority=stored["authority"],
    )


def stored_relief(relief: DeadlineRelief | None) -> dict[str, Any] | None:
    """Deadline relief as it is stored."""
    if relief is None:
        return None
    return {
        "starts_at": relief.starts_at.isoformat(),
        "ends_at": relief.ends_at.isoformat(),
        "rules": list(relief.rules),
        "authority": relief.authority,
    }
