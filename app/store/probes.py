"""Rows of probes with what their looks add up to, and the queries that name them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, text
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.probes import Probe, ProbeKind, Standing, silent_at, state_now
from app.domain.reports import CheckState
from app.store.columns import Moment, new_id
from app.store.components import ComponentRow

RECENT_MOST = 60
"""Looks that are kept of each probe, for the line in the console."""


class ProbeRow(SQLModel, table=True):
    """One probe. `due_at` is in seconds since 1970, so that one statement can claim whatever is due."""

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
    recent: list[Any] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(sa_type=Moment)


def claim_due(session: Session, now: datetime) -> list[str]:
    """Take every probe that is due, and put its next turn one interval ahead; the ids.

    One statement compares and sets: of two workers that ask at once, each probe goes to one.
    Heartbeats are never due, because they come by themselves.
    """
    statement = text(
        "UPDATE probe SET due_at = :now + every_seconds "
        "WHERE due_at <= :now AND NOT is_paused AND kind <> :heartbeat RETURNING id"
    )
    found = session.execute(statement, {"now": now.timestamp(), "heartbeat": ProbeKind.HEARTBEAT.value})
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


def frozen_probe(row: ProbeRow, slug: str) -> Probe:
    """The probe as a value."""
    every = timedelta(seconds=row.every_seconds)
    return Probe(row.id, ProbeKind(row.kind), slug, row.expects, every, row.fail_after, row.owner)


def frozen_standing(row: ProbeRow) -> Standing:
    """What its looks add up to."""
    return Standing(CheckState(row.state), row.failed, row.slow, row.looks, row.mean, row.spread, row.reason)


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
    """Probes that stand for something and have said nothing for three turns."""
    wanted = select(ProbeRow.id, ProbeRow.looked_at, ProbeRow.every_seconds).where(
        ProbeRow.state != CheckState.UNKNOWN, col(ProbeRow.is_paused).is_(False)
    )
    return [
        probe_id
        for probe_id, looked_at, every in session.exec(wanted)
        if looked_at is None or now >= silent_at(looked_at, timedelta(seconds=every))
    ]
