"""Rows of the roster: roles, people, who can do what, shifts, swaps, and the alarms that were raised."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import LargeBinary
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.accounts import Role
from app.domain.coverage import CoverageGap
from app.domain.roster import SHIFT_LONGEST, Person, Roster, RosterRole, Shift
from app.store.columns import Moment, new_id
from app.store.unions import Lines, gathered

_line = Lines("id words team role", "position", "at until", other=sa.cast(sa.null(), sa.String), flag=sa.false())

_LOOK_BACK = SHIFT_LONGEST


class RosterRoleRow(SQLModel, table=True):
    """A part somebody plays in an incident."""

    __tablename__ = "roster_role"

    key: str = Field(primary_key=True, max_length=40)
    name: str
    console_role: str
    falls_to: str | None = None
    is_covered: bool
    position: int


class PersonRow(SQLModel, table=True):
    """Somebody who can be on duty. Addresses are sealed; the number is found by its index.

    `left_at` is set once they are gone; their past stays.
    """

    __tablename__ = "person"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    name: str
    team: str = ""
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True, max_length=12)
    phone_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    phone_index: str | None = Field(default=None, index=True)
    email_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    backup_email_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=Moment)
    left_at: datetime | None = Field(default=None, sa_type=Moment)


class PersonRoleRow(SQLModel, table=True):
    """A role that a person may hold."""

    __tablename__ = "person_role"

    person_id: str = Field(primary_key=True, foreign_key="person.id", max_length=12)
    role_key: str = Field(primary_key=True, foreign_key="roster_role.key", max_length=40)


class ShiftRow(SQLModel, table=True):
    """One stretch of duty. `position` grows with each one made; the later override wins."""

    __tablename__ = "shift"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    role_key: str = Field(foreign_key="roster_role.key", max_length=40)
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True, max_length=12)
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment, index=True)
    is_override: bool = False
    why: str = ""
    position: int
    created_at: datetime = Field(sa_type=Moment)


class ShiftSwapRow(SQLModel, table=True):
    """Somebody asked another to take a stretch of theirs. `answered_at` is set once, with what they said."""

    __tablename__ = "shift_swap"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    role_key: str = Field(foreign_key="roster_role.key", max_length=40)
    from_person_id: str = Field(foreign_key="person.id", max_length=12)
    to_person_id: str = Field(foreign_key="person.id", max_length=12)
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    asked_at: datetime = Field(sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    is_accepted: bool | None = None


class GapAlarmRow(SQLModel, table=True):
    """An alarm that was raised: for this role, this gap, so many days ahead. The key is what makes it once."""

    __tablename__ = "gap_alarm"

    role_key: str = Field(primary_key=True, max_length=40)
    starts_at: datetime = Field(primary_key=True, sa_type=Moment)
    days: int = Field(primary_key=True)
    raised_at: datetime = Field(sa_type=Moment)


def the_roster(session: Session, now: datetime) -> Roster:
    """Roles, people who are here, and every shift that can matter to now and later; in one statement."""
    found = gathered(session, _roles(), _people(), _abilities(), _shifts(now - _LOOK_BACK))
    shifts = sorted(found["shift"], key=lambda line: (line.at, line.position))
    return Roster(_in_order(found["role"]), _with_abilities(found), [_shift(line) for line in shifts])


def people(session: Session) -> list[Person]:
    """Everybody who is here, by name."""
    return _with_abilities(gathered(session, _people(), _abilities()))


def _with_abilities(found: Mapping[str, list[Any]]) -> list[Person]:
    can: defaultdict[str, set[str]] = defaultdict(set)
    for line in found["ability"]:
        can[line.other].add(line.id)
    by_name = sorted(found["person"], key=lambda line: (line.words, line.id))
    return [Person(p.id, p.words, p.team, frozenset(can[p.id]), p.other) for p in by_name]


def _shift(line: Any) -> Shift:
    return Shift(line.id, line.role, line.other, line.at, line.until, line.position, bool(line.flag), line.words)


def roster_roles(session: Session) -> list[RosterRole]:
    """The roles in their order."""
    return _in_order(session.execute(_roles()))


def _in_order(lines: Iterable[Any]) -> list[RosterRole]:
    return [
        RosterRole(line.id, line.words, Role(line.role), line.other, bool(line.flag))
        for line in sorted(lines, key=lambda line: line.position)
    ]


def _roles() -> sa.Select[Any]:
    row = RosterRoleRow
    return sa.select(
        *_line(
            "role",
            id=col(row.key),
            words=col(row.name),
            role=col(row.console_role),
            other=col(row.falls_to),
            flag=col(row.is_covered),
            position=col(row.position),
        )
    )


def _people() -> sa.Select[Any]:
    row = PersonRow
    line = _line("person", id=col(row.id), words=col(row.name), team=col(row.team), other=col(row.account_id))
    return sa.select(*line).where(col(row.left_at).is_(None))


def _abilities() -> sa.Select[Any]:
    return sa.select(*_line("ability", id=col(PersonRoleRow.role_key), other=col(PersonRoleRow.person_id)))


def _shifts(since: datetime) -> sa.Select[Any]:
    row = ShiftRow
    line = _line(
        "shift",
        id=col(row.id),
        words=col(row.why),
        role=col(row.role_key),
        other=col(row.person_id),
        flag=col(row.is_override),
        position=col(row.position),
        at=col(row.starts_at),
        until=col(row.ends_at),
    )
    return sa.select(*line).where(col(row.ends_at) > since)


def person_rows(session: Session) -> list[PersonRow]:
    """The rows of everybody who is here, by name."""
    here = select(PersonRow).where(col(PersonRow.left_at).is_(None))
    return list(session.exec(here.order_by(col(PersonRow.name), col(PersonRow.id))))


def swaps_asked(session: Session, now: datetime) -> list[ShiftSwapRow]:
    """Swaps that wait for an answer and are not over, by when they begin."""
    waiting = select(ShiftSwapRow).where(col(ShiftSwapRow.answered_at).is_(None), ShiftSwapRow.ends_at > now)
    return list(session.exec(waiting.order_by(col(ShiftSwapRow.starts_at))))


def raise_alarm(session: Session, gap: CoverageGap, role: str, days: int, now: datetime) -> bool:
    """Note an alarm; False where it was raised before, by whatever worker."""
    values = {"role_key": role, "starts_at": gap.starts_at, "days": days, "raised_at": now}
    return bool(session.execute(_RAISE, values).rowcount)  # type: ignore[attr-defined]


_RAISE = sa.text(
    "INSERT INTO gap_alarm (role_key, starts_at, days, raised_at) VALUES (:role_key, :starts_at, :days, :raised_at) "
    "ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("starts_at", type_=Moment), sa.bindparam("raised_at", type_=Moment))


def forget_alarms(session: Session, before: datetime) -> None:
    """Drop alarms of gaps that are long past."""
    session.execute(sa.delete(GapAlarmRow).where(col(GapAlarmRow.starts_at) < before - timedelta(days=365)))
