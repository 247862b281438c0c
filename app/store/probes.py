"""Rows of probes with what their looks add up to, and the queries that name them."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, delete, func, or_, text
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.probes import Probe, ProbeKind, Standing, silent_at, state_now
from app.domain.reports import CheckState
from app.store.columns import Moment, new_id
from app.store.components import ComponentRow
from app.store.subscribers import BIG
from app.store.vault import Vault

RECENT_MOST = 60
"""Looks that are kept of each probe, for the line in the console."""


class ProbeRow(SQLModel, table=True):
    """One probe. `due_at` is in seconds since 1970, so that one statement can claim whatever is due.

    `secrets_cipher` is what it signs in with; `silent_at` since when it says nothing, `began_at`
    when it was last told to look.
    """

    __tablename__ = "probe"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    component_id: str = Field(foreign_key="component.id", index=True)
    kind: str
    expects: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    every_seconds: int = 60
    fail_after: int = 3
    owner: str = ""
    is_paused: bool = False
    due_at: float = Field(default=0.0, index=True)
    looked_at: datetime | None = Field(default=None, sa_type=Moment)
    state: str = CheckState.UNKNOWN
    failed: int = 0
    slow: int = 0
    looks: int = 0
    mean: float = 0.0
    spread: float = 0.0
    reason: str = ""
    lately: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    usually: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    by_hour: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": "{}"})
    secrets_cipher: bytes = Field(default=b"", sa_type=LargeBinary, sa_column_kwargs={"server_default": text("''")})
    silent_at: datetime | None = Field(default=None, sa_type=Moment)
    began_at: datetime = Field(sa_type=Moment)
    recent: list[Any] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)


class ProbeChangeRow(SQLModel, table=True):
    """One change of what a probe stands for: the history of a check (R48)."""

    __tablename__ = "probe_change"
    __table_args__ = (Index("ix_probe_change_at", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    probe_id: str = Field(foreign_key="probe.id", index=True)
    at: datetime = Field(sa_type=Moment)
    state: str
    reason: str = ""


def claim_due(session: Session, now: datetime) -> list[str]:
    """Take every probe that is due, and put its next turn one interval ahead; the ids.

    One statement compares and sets: of two workers that ask at once, each probe goes to one.
    Heartbeats and counts are never due, because they come by themselves.
    """
    statement = text(
        "UPDATE probe SET due_at = :now + every_seconds "
        "WHERE due_at <= :now AND NOT is_paused AND kind NOT IN (:heartbeat, :count) RETURNING id"
    )
    told = {"heartbeat": ProbeKind.HEARTBEAT.value, "count": ProbeKind.COUNT.value}
    found = session.execute(statement, {"now": now.timestamp(), **told})
    return list(found.scalars())


def probe_rows(session: Session, ids: Collection[str] | None = None) -> list[tuple[ProbeRow, str]]:
    """Probes with the slug of their component, in its order; `ids` leaves out the others."""
    wanted = select(ProbeRow, ComponentRow.slug).join(ComponentRow, col(ComponentRow.id) == col(ProbeRow.component_id))
    if ids is not None:
        wanted = wanted.where(col(ProbeRow.id).in_(ids))
    return list(session.exec(wanted.order_by(col(ComponentRow.position), col(ProbeRow.created_at), col(ProbeRow.id))))


def probe_row(session: Session, probe_id: str) -> ProbeRow | None:
    """The row, kept from others until the transaction ends."""
    return session.exec(select(ProbeRow).where(ProbeRow.id == probe_id).with_for_update()).first()


def frozen_probe(row: ProbeRow, slug: str, vault: Vault | None = None) -> Probe:
    """The probe as a value; its secrets are opened only where a vault is given."""
    every = timedelta(seconds=row.every_seconds)
    secrets = json.loads(vault.open(row.secrets_cipher)) if vault and row.secrets_cipher else {}
    return Probe(row.id, ProbeKind(row.kind), slug, row.expects, every, row.fail_after, row.owner, secrets)


def frozen_standing(row: ProbeRow) -> Standing:
    """What its looks add up to."""
    return Standing(
        CheckState(row.state),
        row.failed,
        row.slow,
        row.looks,
        row.mean,
        row.spread,
        row.reason,
        row.lately,
        row.usually,
        row.by_hour,
    )


def checks_now(session: Session, now: datetime) -> Sequence[tuple[str, CheckState, datetime | None]]:
    """Slug, state and last look of every probe that is not paused; what fell silent is `unknown`."""
    wanted = (
        select(ComponentRow.slug, ProbeRow.state, ProbeRow.looked_at, ProbeRow.every_seconds)
        .join(ComponentRow, col(ComponentRow.id) == col(ProbeRow.component_id))
        .where(col(ProbeRow.is_paused).is_(False))
    )
    return [
        (slug, state_now(CheckState(state), looked_at, timedelta(seconds=every), now), looked_at)
        for slug, state, looked_at, every in session.exec(wanted)
    ]


def silent_ids(session: Session, now: datetime) -> list[str]:
    """Probes that have said nothing for three turns, or never since they began, and are not known to be silent."""
    row = ProbeRow
    wanted = select(row.id, row.looked_at, row.began_at, row.every_seconds).where(
        col(row.is_paused).is_(False), col(row.silent_at).is_(None)
    )
    return [
        probe_id
        for probe_id, looked_at, began_at, every in session.exec(wanted)
        if now >= silent_at(max(looked_at or began_at, began_at), timedelta(seconds=every))
    ]


def changes_since(session: Session, since: datetime) -> list[tuple[str, ProbeChangeRow]]:
    """What probes stood for and from when, each with the one change before `since` that still held then.

    Slug of the component and the change, oldest first.
    """
    before = (
        select(func.max(ProbeChangeRow.id)).where(col(ProbeChangeRow.at) < since).group_by(col(ProbeChangeRow.probe_id))
    )
    wanted = (
        select(ComponentRow.slug, ProbeChangeRow)
        .join(ProbeRow, col(ProbeRow.component_id) == col(ComponentRow.id))
        .join(ProbeChangeRow, col(ProbeChangeRow.probe_id) == col(ProbeRow.id))
        .where(or_(col(ProbeChangeRow.at) >= since, col(ProbeChangeRow.id).in_(before)))
    )
    return list(session.exec(wanted.order_by(col(ProbeChangeRow.id))))


def forget_changes(session: Session, before: datetime) -> None:
    """Drop the history of checks that nobody looks at any more."""
    session.execute(delete(ProbeChangeRow).where(col(ProbeChangeRow.at) < before))


def forget_changes_of(session: Session, probe_id: str) -> None:
    """Drop the history of one check."""
    session.execute(delete(ProbeChangeRow).where(col(ProbeChangeRow.probe_id) == probe_id))
