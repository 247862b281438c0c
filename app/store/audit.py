"""The audit log's rows: appended under the lock of the chain's head, and never changed.

Triggers in the database refuse UPDATE and DELETE, whoever asks (security.md, "Audit").
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, and_, insert, or_
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.audit import Actor, Entry, Head, Link, Means, Subject, linked
from app.store.columns import Moment

ACTOR = "actor"
"""Where `Session.info` says who acts in this transaction."""

NOTED = "noted"
"""Where `Session.info` keeps the entries that this transaction has still to append."""

_BIG = BigInteger().with_variant(Integer, "sqlite")


class AuditEntryRow(SQLModel, table=True):
    """One act and its place in the chain. `seq` counts from 1 without a gap."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_account_id_seq", "account_id", "seq"),
        Index("ix_audit_entry_act_seq", "act", "seq"),
        Index("ix_audit_entry_subject_seq", "subject_kind", "subject", "seq"),
    )

    seq: int = Field(primary_key=True, sa_type=_BIG, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Moment, index=True)
    account_id: str | None = None
    name: str
    means: str
    address: str
    act: str
    subject_kind: str
    subject: str
    before: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    after: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)

    @property
    def link(self) -> Link:
        """What the row says of its place in the chain."""
        return Link(self.seq, self.previous_hash, self.hash)

    @property
    def entry(self) -> Entry:
        """The act as a value."""
        actor = Actor(self.account_id, self.name, Means(self.means), self.address)
        return Entry(self.at, actor, self.act, Subject(self.subject_kind, self.subject), self.before, self.after)


class AuditHeadRow(SQLModel, table=True):
    """The one row that says where the chain ends; its lock makes writers queue."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(sa_type=_BIG)
    hash: str = Field(max_length=64)


def append(session: Session, entries: Sequence[Entry]) -> Head:
    """Put entries at the end of the chain; the new head.

    Holds the head's lock until the transaction ends: call it last.
    """
    row = session.exec(select(AuditHeadRow).with_for_update().execution_options(populate_existing=True)).one()
    head, rows = Head(row.seq, row.hash), []
    for entry in entries:
        link = linked(head, entry)
        rows.append(_facts(entry) | {"seq": link.seq, "previous_hash": link.previous_hash, "hash": link.hash})
        head = Head(link.seq, link.hash)
    session.execute(insert(AuditEntryRow), rows)
    row.seq, row.hash = head.seq, head.hash
    session.flush()
    return head


def append_noted(session: Session) -> None:
    """Append what the commands of this transaction noted; the last thing before the commit."""
    entries = session.info.pop(NOTED, ())
    if entries:
        append(session, entries)


def chain_head(session: Session) -> Head:
    """The newest entry's number and hash: keep them elsewhere, and a cut tail shows."""
    row = session.exec(select(AuditHeadRow)).one()
    return Head(row.seq, row.hash)


def chain(session: Session) -> Iterator[tuple[Link, Entry]]:
    """Every entry in the order of its number; streams, so that the log may be longer than the memory."""
    # Plain rows: making an object of each would take most of the time.
    columns = [AuditEntryRow.__table__.c[name] for name in _COLUMNS]  # type: ignore[attr-defined]
    wanted = sa_select(*columns).order_by(columns[0]).execution_options(yield_per=1_000)
    with closing(session.execute(wanted)) as rows:  # whoever stops early leaves no cursor open
        for seq, previous_hash, digest, at, account_id, name, means, address, act, kind, subject, before, after in rows:
            actor = Actor(account_id, name, Means(means), address)
            yield Link(seq, previous_hash, digest), Entry(at, actor, act, Subject(kind, subject), before, after)


_COLUMNS = (
    "seq",
    "previous_hash",
    "hash",
    "at",
    "account_id",
    "name",
    "means",
    "address",
    "act",
    "subject_kind",
    "subject",
    "before",
    "after",
)


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What somebody looks for in the log; what is empty does not matter. `until` is the moment after the last one."""

    account_id: str = ""
    means: str = ""
    act: str = ""
    subject_kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries_found(session: Session, search: AuditSearch, *, before: int | None, most: int) -> list[AuditEntryRow]:
    """The newest entries that match, older than the number `before`."""
    wanted = select(AuditEntryRow).order_by(col(AuditEntryRow.seq).desc()).limit(most)
    for name in ("account_id", "means", "act", "subject_kind", "subject"):
        if getattr(search, name):
            wanted = wanted.where(getattr(AuditEntryRow, name) == getattr(search, name))
    if search.since:
        wanted = wanted.where(AuditEntryRow.at >= search.since)
    if search.until:
        wanted = wanted.where(AuditEntryRow.at < search.until)
    if before is not None:
        wanted = wanted.where(AuditEntryRow.seq < before)
    return list(session.exec(wanted))


def acts_noted(session: Session) -> list[str]:
    """Every act that the log knows, by name."""
    return list(session.exec(select(AuditEntryRow.act).distinct().order_by(col(AuditEntryRow.act))))


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "account_id": entry.actor.account_id,
        "name": entry.actor.name,
        "means": str(entry.actor.means),
        "address": entry.actor.address,
        "act": entry.act,
        "subject_kind": entry.subject.kind,
        "subject": entry.subject.id,
        "before": entry.before,
        "after": entry.after,
    }


def entries_about(session: Session, subjects: Sequence[Subject]) -> list[tuple[Link, Entry]]:
    """Every entry about one of these, in the order of its number."""
    row = AuditEntryRow
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for each in subjects:
        ids[each.kind].append(each.id)
    alike = [and_(col(row.subject_kind) == kind, col(row.subject).in_(named)) for kind, named in ids.items()]
    if not alike:
        return []
    found = session.exec(select(row).where(or_(*alike)).order_by(col(row.seq)))
    return [(each.link, each.entry) for each in found]


def is_evidence_noted(session: Session, digest: str) -> bool:
    """Whether the log says that evidence with that number was taken out here."""
    row = AuditEntryRow
    taken_out = session.exec(select(row.after).where(row.act == "evidence.exported"))
    return any(facts is not None and facts.get("manifest") == digest for facts in taken_out)
