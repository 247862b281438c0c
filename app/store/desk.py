"""What waits for somebody, in one statement each: the board is looked at all night and must not weigh on anything."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.domain.assignments import Answer
from app.domain.cadence import Word, counted_from
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.reports import CheckState
from app.domain.severity import Impact, Urgency
from app.domain.stop_words import Meaning
from app.domain.tickets import TicketState
from app.store.announcements import AnnouncementRow, RecordingRow
from app.store.approvals import ApprovalRow
from app.store.assignments import AssignmentRow
from app.store.cadence import CadenceSkipRow
from app.store.deliveries import BatchRow
from app.store.due_days import Prepared, due_lines, line_of, prepared
from app.store.incidents import SHOWN, IncidentRow, IncidentUpdateRow, urgency_since
from app.store.maintenance import MaintenanceRow
from app.store.notices import NoticeRow
from app.store.owed_calls import OwedCallRow
from app.store.probes import ProbeRow
from app.store.replies import ReplyRow
from app.store.standing import states_said, worst_of
from app.store.suspicions import SuspicionRow, SuspicionSignRow
from app.store.tickets import TicketRow
from app.store.unions import gathered

_OPEN = [status.value for status in IncidentStatus if status.is_open]
_UNFINISHED = [status.value for status in MaintenanceStatus if status is not MaintenanceStatus.COMPLETED]
_LATELY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """An open incident as the board tells it: its last word, how many there were, and its newest notice."""

    id: str
    title: str
    status: IncidentStatus
    impact: Impact
    urgency: Urgency | None
    started_at: datetime
    is_drill: bool
    word: Word
    updates: int
    notice_id: int | None


def open_matters(session: Session) -> list[OpenMatter]:
    """Every open incident, drills too, newest first, in one statement."""
    newest = (
        sa.select(
            col(IncidentUpdateRow.incident_id).label("incident_id"),
            sa.func.max(IncidentUpdateRow.position).label("position"),
            sa.func.count().label("updates"),
        )
        .join(IncidentRow, col(IncidentRow.id) == col(IncidentUpdateRow.incident_id))
        .where(col(IncidentRow.status).in_(_OPEN))
        .group_by(col(IncidentUpdateRow.incident_id))
        .subquery()
    )
    notice = sa.select(sa.func.max(NoticeRow.id)).where(col(NoticeRow.incident_id) == col(IncidentRow.id))
    wanted = (
        sa.select(IncidentRow, IncidentUpdateRow, newest.c.updates, notice.scalar_subquery())
        .join(newest, newest.c.incident_id == col(IncidentRow.id))
        .join(
            IncidentUpdateRow,
            sa.and_(
                col(IncidentUpdateRow.incident_id) == col(IncidentRow.id),
                col(IncidentUpdateRow.position) == newest.c.position,
            ),
        )
        .where(col(IncidentRow.status).in_(_OPEN), SHOWN)
        .order_by(col(IncidentRow.started_at).desc())
    )
    return [_matter(*row) for row in session.execute(wanted)]


def _matter(row: IncidentRow, said: IncidentUpdateRow, updates: int, notice_id: int | None) -> OpenMatter:
    return OpenMatter(
        id=row.id,
        title=row.title,
        status=IncidentStatus(row.status),
        impact=Impact(row.impact),
        urgency=Urgency(row.urgency) if row.urgency else None,
        started_at=row.started_at,
        is_drill=row.is_drill,
        word=counted_from(Word(said.display_at or said.created_at, said.next_update_at), urgency_since(row)),
        updates=updates,
        notice_id=notice_id,
    )


@dataclass(frozen=True, slots=True)
class Work:
    """Planned work that is not over."""

    id: str
    title: str
    status: MaintenanceStatus
    scheduled_for: datetime
    scheduled_until: datetime


@dataclass(frozen=True, slots=True)
class InFlight:
    """A notice on its way: how many of its batches are done, of how many."""

    notice_id: int
    title: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that a second person has to look at."""

    id: str
    summary: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CallsOwed:
    """A message that went out unseen, and how many people still have to be called about it."""

    approval_id: str
    summary: str
    number: int


@dataclass(frozen=True, slots=True)
class PartsAsked:
    """An open incident, and how many people have not said whether they take the part they are asked to."""

    incident_id: str
    title: str
    number: int


@dataclass(frozen=True, slots=True)
class StaleRecording:
    """A recording in the telephone system that says something else than the page: its version, and the newest."""

    language: str
    recorded: int
    newest: int


@dataclass(frozen=True, slots=True)
class Suspected:
    """A suspicion that waits for triage: its oldest sign in words, of how many, and whether somebody is on it."""

    id: str
    number: int
    words: str
    signs: int
    opened_at: datetime
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What is on somebody's desk.

    `tickets` are those that nobody is on, the oldest since `tickets_since`; `unusual` checks that are not as usual.
    `skipped` are due moments that were skipped, by incident; `states` the worst that is said of each component now.
    """

    replies: int
    tickets: int
    tickets_since: datetime | None
    unusual: int
    suspicions: Sequence[Suspected]
    approvals: Sequence[Waiting]
    calls: Sequence[CallsOwed]
    in_flight: Sequence[InFlight]
    works: Sequence[Work]
    recordings: Sequence[StaleRecording]
    parts: Sequence[PartsAsked]
    skipped: dict[str, list[datetime]]
    states: dict[str, ComponentStatus]
    prepared: Sequence[Prepared] = ()
    owed: Sequence[Prepared] = ()


def the_desk(session: Session, now: datetime) -> Desk:
    """All of it in one statement."""
    parts = (
        _replies(),
        _tickets(),
        _unusual(),
        _suspicions(),
        _approvals(),
        _calls(),
        _in_flight(now),
        _works(),
        _stale_recordings(),
        _parts_asked(),
        _skips(),
        _states(),
        *due_lines(),
    )
    found = gathered(session, *parts)
    works = [Work(w.id, w.words, MaintenanceStatus(w.detail), w.at, w.until) for w in found["work"]]
    skipped: defaultdict[str, list[datetime]] = defaultdict(list)
    for line in found["skip"]:
        skipped[line.id].append(line.at)
    return Desk(
        replies=sum(line.number for line in found["reply"]),
        tickets=sum(line.number for line in found["ticket"]),
        tickets_since=min((line.at for line in found["ticket"] if line.at), default=None),
        unusual=sum(line.number for line in found["unusual"]),
        suspicions=sorted(
            (Suspected(s.id, s.number, s.words, s.done, s.at, s.until) for s in found["suspicion"]),
            key=lambda item: (item.acknowledged_at is not None, -item.number),
        ),
        approvals=sorted((Waiting(a.id, a.words, a.at) for a in found["approval"]), key=lambda item: item.expires_at),
        calls=[CallsOwed(c.id, c.words, c.number) for c in found["call"]],
        in_flight=[InFlight(int(n.id), n.words, n.done, n.number) for n in found["notice"]],
        works=sorted(works, key=lambda work: work.scheduled_for),
        parts=[PartsAsked(line.id, line.words, line.number) for line in found["part"]],
        recordings=sorted(
            (StaleRecording(line.id, line.number, line.done) for line in found["recording"]),
            key=lambda item: item.language,
        ),
        skipped=dict(skipped),
        states=worst_of((line.id, line.words) for line in found["state"]),
        prepared=sorted(map(prepared, found["prepared"]), key=lambda item: (item.on, item.name)),
        owed=sorted(map(prepared, found["owed"]), key=lambda item: (item.on, item.name)),
    )


def _replies() -> sa.Select[Any]:
    waiting = sa.and_(col(ReplyRow.meaning) == Meaning.UNCLEAR, col(ReplyRow.answered_at).is_(None))
    return sa.select(*line_of("reply", number=sa.func.count())).select_from(ReplyRow).where(waiting)


def _tickets() -> sa.Select[Any]:
    line = line_of("ticket", number=sa.func.count(), at=sa.func.min(col(TicketRow.opened_at)))
    return sa.select(*line).select_from(TicketRow).where(col(TicketRow.state) == TicketState.NEW)


def _unusual() -> sa.Select[Any]:
    warned = sa.and_(col(ProbeRow.state) == CheckState.SLOW, col(ProbeRow.is_paused).is_(False))
    return sa.select(*line_of("unusual", number=sa.func.count())).select_from(ProbeRow).where(warned)


def _states() -> sa.Select[Any]:
    said = states_said().subquery()
    slug, status = said.c
    return sa.select(*line_of("state", id=slug, words=status))


def _suspicions() -> sa.Select[Any]:
    sign = SuspicionSignRow
    of_it = col(sign.suspicion_id) == col(SuspicionRow.id)
    oldest = sa.select(col(sign.words)).where(of_it).order_by(col(sign.began_at)).limit(1).scalar_subquery()
    line = line_of(
        "suspicion",
        id=col(SuspicionRow.id),
        number=col(SuspicionRow.number),
        words=oldest,
        done=sa.select(sa.func.count()).select_from(sign).where(of_it).scalar_subquery(),
        at=col(SuspicionRow.opened_at),
        until=col(SuspicionRow.acknowledged_at),
    )
    return sa.select(*line).where(col(SuspicionRow.closed_at).is_(None))


def _approvals() -> sa.Select[Any]:
    line = line_of("approval", id=col(ApprovalRow.id), words=col(ApprovalRow.summary), at=col(ApprovalRow.expires_at))
    return sa.select(*line).where(col(ApprovalRow.decision).is_(None))


def _calls() -> sa.Select[Any]:
    line = line_of("call", id=col(ApprovalRow.id), words=sa.func.max(ApprovalRow.summary), number=sa.func.count())
    joined = sa.select(*line).join_from(ApprovalRow, OwedCallRow, col(OwedCallRow.approval_id) == col(ApprovalRow.id))
    return joined.where(col(OwedCallRow.called_at).is_(None)).group_by(col(ApprovalRow.id))


def _in_flight(now: datetime) -> sa.Select[Any]:
    is_done = sa.case((col(BatchRow.due_at).is_(None), 1), else_=0)
    line = line_of(
        "notice",
        id=sa.cast(col(NoticeRow.id), sa.String),
        words=sa.func.max(col(NoticeRow.content)["title"].as_string()),
        number=sa.func.count(),
        done=sa.func.sum(is_done),
    )
    return (
        sa.select(*line)
        .join_from(NoticeRow, BatchRow, col(BatchRow.notice_id) == col(NoticeRow.id))
        .where(
            col(NoticeRow.fanned_out_at) > now - _LATELY,
            col(NoticeRow.recalled_at).is_(None),
            col(NoticeRow.superseded_at).is_(None),
        )
        .group_by(col(NoticeRow.id))
        .having(sa.func.sum(is_done) < sa.func.count())
    )


def _works() -> sa.Select[Any]:
    row = MaintenanceRow
    line = line_of(
        "work",
        id=col(row.id),
        words=col(row.title),
        detail=col(row.status),
        at=col(row.scheduled_for),
        until=col(row.scheduled_until),
    )
    return sa.select(*line).where(col(row.status).in_(_UNFINISHED), col(row.hidden_at).is_(None))


def _parts_asked() -> sa.Select[Any]:
    line = line_of("part", id=col(IncidentRow.id), words=sa.func.max(IncidentRow.title), number=sa.func.count())
    joined = sa.select(*line).join_from(
        AssignmentRow, IncidentRow, col(IncidentRow.id) == col(AssignmentRow.incident_id)
    )
    asked = joined.where(col(AssignmentRow.answer) == Answer.OFFERED, col(IncidentRow.status).in_(_OPEN), SHOWN)
    return asked.group_by(col(IncidentRow.id))


def _stale_recordings() -> sa.Select[Any]:
    newest = sa.select(sa.func.max(AnnouncementRow.version)).scalar_subquery()
    recorded = sa.func.max(RecordingRow.version)
    line = line_of("recording", id=col(RecordingRow.language), number=recorded, done=newest)
    return sa.select(*line).group_by(col(RecordingRow.language)).having(recorded < newest)


def _skips() -> sa.Select[Any]:
    line = line_of("skip", id=col(CadenceSkipRow.incident_id), at=col(CadenceSkipRow.due_at))
    joined = sa.select(*line).join_from(
        CadenceSkipRow, IncidentRow, col(IncidentRow.id) == col(CadenceSkipRow.incident_id)
    )
    return joined.where(col(IncidentRow.status).in_(_OPEN))
