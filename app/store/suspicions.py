"""Rows of suspicions and their signs, and the queries that name them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, or_
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.suspicions import Outcome, Sign, SignKind, Suspicion
from app.store.accounts import AccountRow
from app.store.columns import Moment, new_id


class SuspicionRow(SQLModel, table=True):
    """A suspected incident that somebody has to look into."""

    __tablename__ = "suspicion"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    number: int = Field(unique=True)
    opened_at: datetime = Field(sa_type=Moment)
    acknowledged_at: datetime | None = Field(default=None, sa_type=Moment)
    acknowledged_by: str | None = Field(default=None, foreign_key="account.id")
    closed_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    outcome: str | None = None
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True)


class SuspicionSignRow(SQLModel, table=True):
    """One thing that points to trouble; see `app.domain.suspicions.Sign`."""

    __tablename__ = "suspicion_sign"
    __table_args__ = (Index("ix_suspicion_sign_kind_ref_ended_at", "kind", "ref", "ended_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    suspicion_id: str = Field(foreign_key="suspicion.id", index=True)
    kind: str
    ref: str
    slug: str | None = None
    words: str
    began_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


def open_suspicions(session: Session) -> list[Suspicion]:
    """Those that nobody has closed, newest first."""
    wanted = select(SuspicionRow).where(col(SuspicionRow.closed_at).is_(None))
    return _whole(session, session.exec(wanted.order_by(col(SuspicionRow.number).desc())))


@dataclass(frozen=True, slots=True)
class Shown:
    """Suspicions that are open and the ones closed last, each newest first; `people` names who is on them, by id."""

    opened: Sequence[Suspicion]
    closed: Sequence[Suspicion]
    people: Mapping[str, str]


def suspicions_to_show(session: Session, most: int) -> Shown:
    """All that triage shows of them, in two statements; `most` is how many closed ones."""
    lately = select(SuspicionRow.id).where(col(SuspicionRow.closed_at).is_not(None))
    lately = lately.order_by(col(SuspicionRow.closed_at).desc()).limit(most)
    wanted = select(SuspicionRow, AccountRow).outerjoin(
        AccountRow, col(AccountRow.id) == col(SuspicionRow.acknowledged_by)
    )
    wanted = wanted.where(
        or_(col(SuspicionRow.closed_at).is_(None), col(SuspicionRow.id).in_(lately.scalar_subquery()))
    )
    pairs = list(session.exec(wanted.order_by(col(SuspicionRow.number).desc())))
    found = _whole(session, [row for row, _ in pairs])
    closed = sorted((item for item in found if not item.is_open), key=_closing, reverse=True)
    people = {account.id: account.name for _, account in pairs if account}
    return Shown([item for item in found if item.is_open], closed, people)


def _closing(suspicion: Suspicion) -> datetime:
    return suspicion.closed_at or suspicion.opened_at


def suspicions_of(session: Session, incident_id: str) -> list[Suspicion]:
    """What led to an incident: its suspicions with their signs, oldest first (R3)."""
    wanted = select(SuspicionRow).where(SuspicionRow.incident_id == incident_id)
    return _whole(session, session.exec(wanted.order_by(col(SuspicionRow.number))))


def suspicion_row(session: Session, suspicion_id: str) -> SuspicionRow | None:
    """The row, kept from others until the transaction ends."""
    return session.exec(select(SuspicionRow).where(SuspicionRow.id == suspicion_id).with_for_update()).first()


def the_suspicion(session: Session, suspicion_id: str) -> Suspicion | None:
    """One suspicion with its signs."""
    found = _whole(session, session.exec(select(SuspicionRow).where(SuspicionRow.id == suspicion_id)))
    return found[0] if found else None


def open_sign_row(session: Session, kind: SignKind, ref: str) -> SuspicionSignRow | None:
    """The sign by that name, if it still points to trouble."""
    wanted = select(SuspicionSignRow).where(
        SuspicionSignRow.kind == kind, SuspicionSignRow.ref == ref, col(SuspicionSignRow.ended_at).is_(None)
    )
    return session.exec(wanted).first()


def sign_row_since(session: Session, kind: SignKind, ref: str, began_at: datetime) -> SuspicionSignRow | None:
    """A sign by that name that began then or later, over or not: news of it would be old news."""
    wanted = select(SuspicionSignRow).where(
        SuspicionSignRow.kind == kind, SuspicionSignRow.ref == ref, col(SuspicionSignRow.began_at) >= began_at
    )
    return session.exec(wanted).first()


def on_it_since(session: Session) -> Mapping[str, datetime]:
    """Since when somebody looks into what an open suspicion says of a component, by slug."""
    wanted = (
        select(SuspicionSignRow.slug, SuspicionRow.acknowledged_at)
        .join(SuspicionRow, col(SuspicionRow.id) == col(SuspicionSignRow.suspicion_id))
        .where(col(SuspicionRow.closed_at).is_(None), col(SuspicionRow.acknowledged_at).is_not(None))
    )
    return {slug: at for slug, at in session.exec(wanted) if slug and at}


def _whole(session: Session, rows: Iterable[SuspicionRow]) -> list[Suspicion]:
    found = list(rows)
    signs: defaultdict[str, list[Sign]] = defaultdict(list)
    wanted = select(SuspicionSignRow).where(col(SuspicionSignRow.suspicion_id).in_([row.id for row in found]))
    for row in session.exec(wanted.order_by(col(SuspicionSignRow.began_at), col(SuspicionSignRow.id))):
        signs[row.suspicion_id].append(
            Sign(SignKind(row.kind), row.ref, row.words, row.began_at, row.slug, row.ended_at)
        )
    return [_frozen(row, tuple(signs[row.id])) for row in found]


def _frozen(row: SuspicionRow, signs: tuple[Sign, ...]) -> Suspicion:
    return Suspicion(
        id=row.id,
        number=row.number,
        opened_at=row.opened_at,
        signs=signs,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        closed_at=row.closed_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        incident_id=row.incident_id,
    )
