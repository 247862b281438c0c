"""What a report is made of besides the incident and its timeline, in one statement (R60)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.domain.actions import ActionItem, ActionKind
from app.domain.cadence import Slot
from app.domain.causes import CauseState
from app.domain.packs import Pack, PackAnswer
from app.store.actions import ActionItemRow
from app.store.cadence import CadenceMissRow, CadenceSkipRow
from app.store.causes import CauseRow
from app.store.packs import CompliancePackRow, PackAnswerRow
from app.store.report import IncidentReportRow
from app.store.roster import PersonRow
from app.store.unions import Lines, gathered

_line = Lines("id a b c", "number", "at until", day=sa.cast(sa.null(), sa.Date))


@dataclass(frozen=True, slots=True)
class Silence:
    """One due moment that passed without a word; `reason` is empty where nobody meant it to."""

    due_at: datetime
    slot: Slot
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the report is. `pages` are the documents that were looked at, and when (R61)."""

    due_on: date
    finished_at: datetime | None
    saved_at: datetime | None
    pages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """All of it. `teams` are those of everybody on the roster, by name; `standing` is None before the report began."""

    words: Mapping[str, str] = field(default_factory=dict)
    standing: Standing | None = None
    silences: Sequence[Silence] = ()
    actions: Sequence[ActionItem] = ()
    packs: Sequence[Pack] = ()
    answers: Sequence[PackAnswer] = ()
    teams: Mapping[str, str] = field(default_factory=dict)
    causes: Sequence[tuple[str, CauseState]] = ()


def report_facts(session: Session, incident_id: str) -> ReportFacts:
    """What stands around the report of one incident."""
    parts = (source(incident_id) for source in _SOURCES)
    found = gathered(session, *parts)
    report = next(iter(found["report"]), None)
    silences = [Silence(line.at, Slot(line.a), line.b) for line in (*found["skip"], *found["miss"])]
    return ReportFacts(
        words=json.loads(report.a) if report else {},
        standing=_standing(report) if report else None,
        silences=sorted(silences, key=lambda item: item.due_at),
        actions=sorted((_action(line, incident_id) for line in found["action"]), key=lambda item: item.due_on),
        packs=[_pack(line) for line in sorted(found["pack"], key=lambda line: line.number)],
        answers=[PackAnswer(line.id, line.a, line.b, line.day, line.at) for line in found["answer"]],
        teams={line.a: line.b for line in found["person"]},
        causes=[(line.a, CauseState(line.b)) for line in sorted(found["cause"], key=lambda line: line.at)],
    )


def _standing(line: Any) -> Standing:
    return Standing(line.day, line.until, line.at, json.loads(line.b))


def _action(line: Any, incident_id: str) -> ActionItem:
    return ActionItem(
        id="",
        incident_id=incident_id,
        kind=ActionKind(line.id),
        words=line.a,
        owner=line.b,
        due_on=line.day,
        opened_at=line.at,
        done_at=line.until,
        proof=line.c,
    )


def _pack(line: Any) -> Pack:
    return Pack(line.id, line.a, tuple(json.loads(line.b)), is_in_force=True)


def _report(incident_id: str) -> sa.Select[Any]:
    row = IncidentReportRow
    words, pages = sa.cast(col(row.words), sa.Text), sa.cast(col(row.pages), sa.Text)
    line = _line("report", a=words, b=pages, day=col(row.due_on), at=col(row.saved_at), until=col(row.finished_at))
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _skips(incident_id: str) -> sa.Select[Any]:
    row = CadenceSkipRow
    line = _line("skip", a=col(row.slot), b=col(row.reason), at=col(row.due_at))
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _misses(incident_id: str) -> sa.Select[Any]:
    row = CadenceMissRow
    return sa.select(*_line("miss", a=col(row.slot), at=col(row.due_at))).where(col(row.incident_id) == incident_id)


def _actions(incident_id: str) -> sa.Select[Any]:
    row = ActionItemRow
    line = _line(
        "action",
        id=col(row.kind),
        a=col(row.words),
        b=col(row.owner),
        c=col(row.proof),
        day=col(row.due_on),
        at=col(row.opened_at),
        until=col(row.done_at),
    )
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _packs(_incident_id: str) -> sa.Select[Any]:
    row = CompliancePackRow
    questions = sa.cast(col(row.questions), sa.Text)
    line = _line("pack", id=col(row.key), a=col(row.name), b=questions, number=col(row.position))
    return sa.select(*line).where(col(row.is_in_force))


def _answers(incident_id: str) -> sa.Select[Any]:
    row = PackAnswerRow
    line = _line(
        "answer",
        id=col(row.pack_key),
        a=col(row.question),
        b=col(row.answer),
        day=col(row.on),
        at=col(row.answered_at),
    )
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _people(_incident_id: str) -> sa.Select[Any]:
    return sa.select(*_line("person", a=col(PersonRow.name), b=col(PersonRow.team)))


def _causes(incident_id: str) -> sa.Select[Any]:
    row = CauseRow
    line = _line("cause", a=col(row.words), b=col(row.state), at=col(row.created_at))
    return sa.select(*line).where(col(row.incident_id) == incident_id)


_SOURCES = (_report, _skips, _misses, _actions, _packs, _answers, _people, _causes)
