"""Rows of what people wrote about an incident's course, and the whole course merged by time (R49, R60).

What is told comes from many tables, read in one statement. Another table joins by one SELECT in
`_SOURCES`: the kind of entry, its id, the moment, the words, and the name of the person.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col

from app.domain.timeline import EntryKind, TimelineEntry, in_order
from app.store.accounts import AccountRow
from app.store.assignments import AssignmentRow
from app.store.columns import Moment, new_id
from app.store.decisions import IncidentDecisionRow
from app.store.escalation import CallOutRow
from app.store.failovers import FailoverRunRow, SwitchRow
from app.store.incidents import IncidentRow, IncidentUpdateRow
from app.store.pages import PageRow
from app.store.roster import PersonRow, RosterRoleRow
from app.store.suspicions import SuspicionRow, SuspicionSignRow


class TimelineEntryRow(SQLModel, table=True):
    """One entry. `at` is when it happened, `created_at` when it was written down; `author` is a name as it was then."""

    __tablename__ = "timeline_entry"
    __table_args__ = (sa.Index("ix_timeline_entry_incident_id_at", "incident_id", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", max_length=12)
    kind: str
    words: str
    at: datetime = Field(sa_type=Moment)
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    author: str = ""
    created_at: datetime = Field(sa_type=Moment)


def timeline_of(session: Session, incident_id: str) -> list[TimelineEntry]:
    """All that is known of an incident's course, oldest first, in one statement.

    What an investigator found is not among it before everybody's findings are open (R51).
    """
    lines = session.execute(sa.union_all(*(source(incident_id) for source in _SOURCES)))
    return in_order(TimelineEntry(line.at, EntryKind(line.kind), line.words, line.who or "", line.id) for line in lines)


def _line(kind: Any, row_id: Any, at: Any, words: Any, who: Any) -> list[sa.ColumnElement[Any]]:
    named = {"kind": kind, "id": row_id, "at": at, "words": words, "who": who}
    return [(sa.literal(value) if isinstance(value, str) else value).label(name) for name, value in named.items()]


def _entries(incident_id: str) -> sa.Select[Any]:
    row = TimelineEntryRow
    line = _line(col(row.kind), col(row.id), col(row.at), col(row.words), col(row.author))
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _updates(incident_id: str) -> sa.Select[Any]:
    row = IncidentUpdateRow
    first_words = sa.func.coalesce(sa.func.nullif(col(row.body), ""), col(row.what_happened))
    said_at = sa.type_coerce(sa.func.coalesce(col(row.display_at), col(row.created_at)), Moment)
    line = _line(EntryKind.UPDATE, col(row.id), said_at, first_words, col(AccountRow.name))
    joined = sa.select(*line).outerjoin_from(row, AccountRow, col(AccountRow.id) == col(row.author_id))
    return joined.where(col(row.incident_id) == incident_id)


def _signs(incident_id: str) -> sa.Select[Any]:
    row = SuspicionSignRow
    line = _line(EntryKind.SIGN, col(row.id), col(row.began_at), col(row.words), sa.literal(""))
    joined = sa.select(*line).join_from(row, SuspicionRow, col(SuspicionRow.id) == col(row.suspicion_id))
    return joined.where(col(SuspicionRow.incident_id) == incident_id)


def _acknowledgements(incident_id: str) -> sa.Select[Any]:
    row = SuspicionRow
    line = _line(EntryKind.DUTY, col(row.id), col(row.acknowledged_at), "On it.", col(AccountRow.name))
    joined = sa.select(*line).outerjoin_from(row, AccountRow, col(AccountRow.id) == col(row.acknowledged_by))
    return joined.where(col(row.incident_id) == incident_id, col(row.acknowledged_at).is_not(None))


def _parts(incident_id: str) -> sa.Select[Any]:
    row = AssignmentRow
    words = col(RosterRoleRow.name) + ": " + col(row.answer)
    line = _line(EntryKind.DUTY, col(row.id), col(row.answered_at), words, col(PersonRow.name))
    joined = (
        sa.select(*line)
        .join_from(row, RosterRoleRow, col(RosterRoleRow.key) == col(row.role_key))
        .join(PersonRow, col(PersonRow.id) == col(row.person_id))
    )
    return joined.where(col(row.incident_id) == incident_id, col(row.answered_at).is_not(None))


def _decisions(incident_id: str) -> sa.Select[Any]:
    row = IncidentDecisionRow
    asked = sa.case({"members": "Members need to hear of it: "}, value=col(row.question), else_="Outside parties: ")
    words = asked + col(row.answer) + ". " + col(row.reason)
    line = _line(EntryKind.DECISION, col(row.id), col(row.decided_at), words, col(AccountRow.name))
    joined = sa.select(*line).outerjoin_from(row, AccountRow, col(AccountRow.id) == col(row.decided_by))
    return joined.where(col(row.incident_id) == incident_id)


def _pages(incident_id: str) -> sa.Select[Any]:
    """Calls, texts and mails that left, to whom; what was said to each stands in the log of pages."""
    row = PageRow
    said = {"phone": "Called", "sms": "Texted", "email": "Mailed"}
    took = sa.case((col(row.answer) == "take", ", took it."), else_=".")
    words = sa.case(said, value=col(row.by), else_="Paged") + took
    who = sa.func.coalesce(col(PersonRow.name), col(row.name))
    line = _line(EntryKind.PAGE, col(row.id), col(row.sent_at), words, who)
    joined = sa.select(*line).join_from(row, CallOutRow, col(CallOutRow.id) == col(row.call_out_id))
    joined = joined.outerjoin(PersonRow, col(PersonRow.id) == col(row.person_id))
    return joined.where(col(CallOutRow.incident_id) == incident_id, col(row.sent_at).is_not(None))


def _switches(incident_id: str) -> sa.Select[Any]:
    """Names of the MLS that were pointed elsewhere while it lasted."""
    run = FailoverRunRow
    line = _line(
        EntryKind.SWITCH, col(run.id), col(run.applied_at), col(SwitchRow.name) + " points here.", col(run.applied_by)
    )
    return _runs_during(run.applied_at, line, incident_id)


def _switches_back(incident_id: str) -> sa.Select[Any]:
    run = FailoverRunRow
    words = col(SwitchRow.name) + " points to the MLS again."
    line = _line(EntryKind.SWITCH, col(run.id), col(run.reverted_at), words, col(run.reverted_by))
    return _runs_during(run.reverted_at, line, incident_id)


def _runs_during(at: Any, line: list[sa.ColumnElement[Any]], incident_id: str) -> sa.Select[Any]:
    lasted = sa.and_(
        at >= col(IncidentRow.started_at),
        sa.or_(col(IncidentRow.resolved_at).is_(None), at <= col(IncidentRow.resolved_at)),
    )
    return (
        sa.select(*line)
        .join_from(FailoverRunRow, SwitchRow, col(SwitchRow.id) == col(FailoverRunRow.switch_id))
        .join(IncidentRow, lasted)
        .where(col(IncidentRow.id) == incident_id, col(FailoverRunRow.is_drill) == col(IncidentRow.is_drill))
    )


_SOURCES: tuple[Callable[[str], sa.Select[Any]], ...] = (
    _entries,
    _updates,
    _signs,
    _acknowledgements,
    _parts,
    _decisions,
    _switches,
    _switches_back,
    _pages,
)
