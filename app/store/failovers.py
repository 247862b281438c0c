"""Switches of the DNS, every use of one with what stood there before, and the sign-ins that allow to go back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.domain.errors import NotFoundError
from app.domain.failover import (
    Change,
    Guarded,
    Pointing,
    Records,
    RecordSet,
    RecordType,
    RunState,
    Side,
    SignInProbe,
    Switch,
    normal_name,
)
from app.domain.failover_risks import Risk, Weight
from app.store.columns import Moment, new_id


class SwitchRow(SQLModel, table=True):
    """One record name and the two places it may lead to. No secret stands here."""

    __tablename__ = "switch"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    name: str = Field(unique=True, max_length=253)
    zone: str = Field(max_length=253)
    provider: str
    normal: list[str] = Field(sa_type=JSON)
    failover: list[str] = Field(sa_type=JSON)
    planned_ttl: int
    options: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    version: int = 1
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)


class FailoverRunRow(SQLModel, table=True):
    """One use of a switch, from its plan to the way back.

    `before` is what the provider held and what going back restores. `everyone_by` is when nobody
    can hold what went away any longer, of the newest change in either direction; members are told.
    """

    __tablename__ = "failover_run"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    switch_id: str = Field(foreign_key="switch.id", index=True)
    state: str = Field(index=True)
    is_drill: bool = False
    before: list[dict[str, Any]] = Field(sa_type=JSON)
    after: list[dict[str, Any]] = Field(sa_type=JSON)
    guarded: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    risks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    steps: list[str] = Field(default_factory=list, sa_type=JSON)
    served_ttl: int
    reference: str = ""
    words: str = ""
    touched: list[str] = Field(default_factory=list, sa_type=JSON)
    planned_by: str
    planned_at: datetime = Field(sa_type=Moment)
    applied_by: str = ""
    applied_at: datetime | None = Field(default=None, sa_type=Moment)
    visible_at: datetime | None = Field(default=None, sa_type=Moment)
    seen_at: datetime | None = Field(default=None, sa_type=Moment)
    everyone_by: datetime | None = Field(default=None, sa_type=Moment)
    measured_minutes: int | None = None
    reverted_by: str = ""
    reverted_at: datetime | None = Field(default=None, sa_type=Moment)
    override_reason: str = ""


class SignInProbeRow(SQLModel, table=True):
    """One sign-in at the normal address while the name led here."""

    __tablename__ = "sign_in_probe"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    run_id: str = Field(foreign_key="failover_run.id", index=True)
    at: datetime = Field(sa_type=Moment)
    is_clean: bool
    words: str = ""
    by: str


@dataclass(frozen=True, slots=True)
class FailoverRun:
    """One use of a switch as a frozen value; see the row for what the fields mean."""

    id: str
    switch_id: str
    state: RunState
    is_drill: bool
    change: Change
    guarded: tuple[Guarded, ...]
    risks: tuple[Risk, ...]
    steps: tuple[str, ...]
    served_ttl: int
    reference: str
    words: str
    touched: tuple[str, ...]
    planned_by: str
    planned_at: datetime
    applied_by: str
    applied_at: datetime | None
    visible_at: datetime | None
    seen_at: datetime | None
    everyone_by: datetime | None
    measured_minutes: int | None
    reverted_by: str
    reverted_at: datetime | None
    override_reason: str

    @property
    def side(self) -> Side:
        """Where the name leads, or is about to."""
        is_away = self.state in (RunState.APPLYING, RunState.WATCHING)
        return Side.FAILOVER if is_away else Side.NORMAL

    @property
    def wanted(self) -> Records:
        """What the name is to answer now."""
        return self.change.after if self.side is Side.FAILOVER else self.change.before


def switch_rows(session: Session) -> list[SwitchRow]:
    """All switches, by name."""
    return list(session.exec(select(SwitchRow).order_by(SwitchRow.name)))


def switch_row(session: Session, name: str, *, lock: bool = False) -> SwitchRow:
    """The switch of that record name.

    Raises:
        NotFoundError: there is none.
    """
    wanted = select(SwitchRow).where(SwitchRow.name == normal_name(name))
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFoundError(f"There is no switch for {name[:253]}.")
    return row


def frozen_switch(row: SwitchRow) -> Switch:
    """The row as a value."""
    return Switch(
        id=row.id,
        name=row.name,
        zone=row.zone,
        provider=row.provider,
        normal=tuple(row.normal),
        failover=tuple(row.failover),
        planned_ttl=row.planned_ttl,
        options=dict(row.options),
        version=row.version,
    )


def run_row(session: Session, run_id: str, *, lock: bool = False) -> FailoverRunRow:
    """One run.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = session.get(FailoverRunRow, run_id, with_for_update=lock or None)
    if row is None:
        raise NotFoundError("There is no such use of a switch.")
    return row


def newest_run(session: Session, switch_id: str) -> FailoverRunRow | None:
    """The run of this switch that was planned last."""
    return next(iter(runs_of(session, switch_id, most=1)), None)


def open_run(session: Session, switch_id: str) -> FailoverRunRow | None:
    """The run that leads the name away from its normal place, or may; there is never more than one."""
    wanted = _open().where(FailoverRunRow.switch_id == switch_id)
    return session.exec(wanted).first()


def moving_runs(session: Session, now: datetime) -> list[FailoverRunRow]:
    """Runs of any switch whose answers may still change: not known yet, or somebody may hold the old one."""
    undecided = [RunState.APPLYING, RunState.REVERTING]
    is_moving = sa.or_(col(FailoverRunRow.state).in_(undecided), col(FailoverRunRow.everyone_by) > now)
    return list(session.exec(select(FailoverRunRow).where(is_moving).order_by(col(FailoverRunRow.planned_at))))


def runs_of(session: Session, switch_id: str, *, most: int = 20) -> list[FailoverRunRow]:
    """The runs of a switch, newest first."""
    of_switch = select(FailoverRunRow).where(FailoverRunRow.switch_id == switch_id)
    return list(session.exec(of_switch.order_by(col(FailoverRunRow.planned_at).desc()).limit(most)))


def last_drill(session: Session) -> FailoverRunRow | None:
    """The newest drill whose minutes were measured."""
    drills = select(FailoverRunRow).where(FailoverRunRow.is_drill, col(FailoverRunRow.measured_minutes).is_not(None))
    return session.exec(drills.order_by(col(FailoverRunRow.planned_at).desc())).first()


def probes_of(session: Session, run_id: str) -> list[SignInProbe]:
    """The sign-ins that were tried at the normal address, oldest first."""
    of_run = select(SignInProbeRow).where(SignInProbeRow.run_id == run_id).order_by(col(SignInProbeRow.at))
    return [SignInProbe(row.at, row.is_clean, row.words) for row in session.exec(of_run)]


def pointings(session: Session, now: datetime) -> tuple[Pointing, ...]:
    """The names that some members may still see lead elsewhere, by name."""
    moving = (
        select(SwitchRow.name, FailoverRunRow.state, FailoverRunRow.everyone_by)
        .where(FailoverRunRow.switch_id == SwitchRow.id, col(FailoverRunRow.everyone_by) > now)
        .where(col(FailoverRunRow.state).in_([RunState.WATCHING, RunState.REVERTED]), ~col(FailoverRunRow.is_drill))
        .order_by(SwitchRow.name, col(FailoverRunRow.planned_at))
    )
    newest = {name: (state, by) for name, state, by in session.exec(moving)}
    return tuple(
        Pointing(name, Side.FAILOVER if state == RunState.WATCHING else Side.NORMAL, by)
        for name, (state, by) in newest.items()
        if by is not None
    )


def frozen_run(row: FailoverRunRow, name: str) -> FailoverRun:
    """The row as a value; `name` is the record name of its switch."""
    values = row.model_dump(exclude={"before", "after", "state", "guarded", "risks", "steps", "touched"})
    return FailoverRun(
        **values,
        state=RunState(row.state),
        change=Change(name, _records(row.before), _records(row.after)),
        guarded=tuple(Guarded(item["name"], item["type"], tuple(item["values"])) for item in row.guarded),
        risks=tuple(_risk(item) for item in row.risks),
        steps=tuple(row.steps),
        touched=tuple(row.touched),
    )


def stored_records(records: Records) -> list[dict[str, Any]]:
    """Record sets as JSON."""
    return [{"type": item.type.value, "values": list(item.values), "ttl": item.ttl} for item in records]


def stored_guarded(guarded: Sequence[Guarded]) -> list[dict[str, Any]]:
    """Guarded record sets as JSON."""
    return [{"name": item.name, "type": item.type, "values": list(item.values)} for item in guarded]


def stored_risks(risks: Sequence[Risk]) -> list[dict[str, Any]]:
    """Risks as JSON."""
    return [
        {
            "weight": risk.weight.value,
            "subject": risk.subject,
            "words": risk.words,
            "until": risk.until.isoformat() if risk.until else None,
        }
        for risk in risks
    ]


def _records(stored: list[dict[str, Any]]) -> Records:
    return tuple(RecordSet(RecordType(item["type"]), tuple(item["values"]), item["ttl"]) for item in stored)


def _risk(stored: dict[str, Any]) -> Risk:
    until = datetime.fromisoformat(stored["until"]) if stored["until"] else None
    return Risk(Weight(stored["weight"]), stored["subject"], stored["words"], until)


def _open() -> SelectOfScalar[FailoverRunRow]:
    states = [state for state in RunState if state.is_open]
    return select(FailoverRunRow).where(col(FailoverRunRow.state).in_(states))
