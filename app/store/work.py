"""What the people of one incident work with, in one statement: the page is opened again and again all night."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.domain.accounts import Role
from app.domain.actions import ActionKind
from app.domain.assignments import Answer
from app.domain.attachments import Attachment
from app.domain.causes import Cause, CauseState
from app.domain.decisions import IncidentDecision, Question
from app.domain.findings import Finding
from app.domain.probes import state_now
from app.domain.recovery import CheckItem, Purpose
from app.domain.report import Heading
from app.domain.reports import CheckState
from app.domain.timeline import EntryKind
from app.domain.work import Part, Work
from app.store.actions import ActionItemRow
from app.store.assignments import AssignmentRow
from app.store.attachments import AttachmentRow
from app.store.causes import CauseRow
from app.store.components import ComponentRow
from app.store.decisions import IncidentDecisionRow
from app.store.findings import FindingRow
from app.store.incidents import IncidentComponentRow
from app.store.meetings import USUAL, MeetingRow
from app.store.probes import ProbeRow
from app.store.recovery import RecoveryStepRow, RecoveryTickRow
from app.store.report import IncidentReportRow
from app.store.roster import RosterRoleRow
from app.store.timeline import TimelineEntryRow
from app.store.unions import Lines, gathered

_line = Lines("id ref words detail who", "number seconds", "at until third")


def work_of(session: Session, incident_id: str, now: datetime) -> Work:
    """All of it; findings are there whole, for `app.domain.findings.seen_by` to hide what is sealed."""
    found = gathered(session, *(part(incident_id) for part in _PARTS))
    decided = sorted(found["decision"], key=lambda line: (line.at, line.id))
    newest = {
        line.ref: IncidentDecision(Question(line.ref), line.words, line.at, expires_at=line.until) for line in decided
    }
    return Work(
        causes=_in_time(Cause(x.id, x.words, CauseState(x.ref), x.who, x.at) for x in found["cause"]),
        findings=_frozen_findings(found["finding"]),
        checks=_checklist(found["step"], found["probe"], found["tick"], now),
        attachments=_in_time(
            Attachment(x.id, x.words, x.ref, x.number, x.detail, x.who, x.at) for x in found["attachment"]
        ),
        parts=[Part(Role(line.ref), Answer(line.words)) for line in found["part"]],
        decisions=list(newest.values()),
        entries=Counter(EntryKind(line.ref) for line in found["entry"]),
        actions=[ActionKind(line.ref) for line in found["action"]],
        channel=bool(found["meeting"]),
        report={Heading(name): text for line in found["report"] for name, text in _headed(line) if text},
        report_finished=any(line.at for line in found["report"]),
    )


def _headed(line: Any) -> Any:
    return json.loads(line.words).items()


def _in_time(items: Any) -> list[Any]:
    return sorted(items, key=lambda item: (item.at, item.id))


def _frozen_findings(lines: Sequence[Any]) -> list[Finding]:
    found = [Finding(x.id, x.ref, x.who, x.words, x.at, x.until, x.third) for x in lines]
    return sorted(found, key=lambda finding: (finding.begun_at, finding.id))


def _checklist(steps: Sequence[Any], probes: Sequence[Any], ticks: Sequence[Any], now: datetime) -> list[CheckItem]:
    """In the order of the components; a tick stays when its step is taken out of its component later."""
    done = {line.id: line for line in ticks}
    listed = sorted((*steps, *probes), key=lambda line: (line.number, line.kind, line.ref, line.seconds))
    items = [_item(line, done.get(line.id), now) for line in listed]
    known = {item.ref for item in items}
    return items + [_item(line, line, now) for ref, line in done.items() if ref not in known]


def _item(line: Any, tick: Any, now: datetime) -> CheckItem:
    if tick is not None:
        return CheckItem(line.id, Purpose(line.ref), line.who, line.words, line.kind == "probe", tick.at, tick.detail)
    if line.kind == "step":
        return CheckItem(line.id, Purpose(line.ref), line.who, line.words)
    state = state_now(CheckState(line.detail), line.at, timedelta(seconds=line.seconds), now)
    if state is CheckState.WORKING:
        return CheckItem(line.id, Purpose.VERIFY, line.who, line.words, True, line.at, "Our check")
    trouble = {CheckState.UNKNOWN: "This check has been silent.", CheckState.SLOW: "Slower than usual."}
    return CheckItem(line.id, Purpose.VERIFY, line.who, line.words, True, trouble=trouble.get(state, "It still fails."))


def _causes(incident_id: str) -> sa.Select[Any]:
    row = CauseRow
    line = _line(
        "cause", id=col(row.id), ref=col(row.state), words=col(row.words), who=col(row.author), at=col(row.judged_at)
    )
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _findings(incident_id: str) -> sa.Select[Any]:
    row = FindingRow
    line = _line(
        "finding",
        id=col(row.id),
        ref=col(row.account_id),
        words=col(row.words),
        who=col(row.author),
        at=col(row.begun_at),
        until=col(row.submitted_at),
        third=col(row.opened_at),
    )
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _steps(incident_id: str) -> sa.Select[Any]:
    row = RecoveryStepRow
    line = _line(
        "step",
        id=col(row.id),
        ref=col(row.purpose),
        words=col(row.words),
        who=col(ComponentRow.name),
        number=col(IncidentComponentRow.position),
        seconds=col(row.position),
    )
    return _on_affected(row, line, incident_id)


def _probes(incident_id: str) -> sa.Select[Any]:
    row = ProbeRow
    line = _line(
        "probe",
        id=col(row.id),
        ref=sa.literal(Purpose.VERIFY.value),
        words=sa.literal("Our check sees it working: ") + col(row.kind),
        detail=col(row.state),
        who=col(ComponentRow.name),
        number=col(IncidentComponentRow.position),
        seconds=col(row.every_seconds),
        at=col(row.looked_at),
    )
    return _on_affected(row, line, incident_id).where(col(row.is_paused).is_(False))


def _on_affected(row: Any, line: list[sa.ColumnElement[Any]], incident_id: str) -> sa.Select[Any]:
    """What hangs on the components of an incident."""
    return (
        sa.select(*line)
        .join_from(row, ComponentRow, col(ComponentRow.id) == col(row.component_id))
        .join(IncidentComponentRow, col(IncidentComponentRow.component_id) == col(row.component_id))
        .where(col(IncidentComponentRow.incident_id) == incident_id)
    )


def _ticks(incident_id: str) -> sa.Select[Any]:
    row = RecoveryTickRow
    line = _line(
        "tick",
        id=col(row.ref),
        ref=col(row.purpose),
        words=col(row.words),
        detail=col(row.by),
        who=col(row.component),
        at=col(row.done_at),
    )
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _attachments(incident_id: str) -> sa.Select[Any]:
    row = AttachmentRow
    line = _line(
        "attachment",
        id=col(row.id),
        ref=col(row.media_type),
        words=col(row.name),
        detail=col(row.sha256),
        who=col(row.author),
        number=col(row.size),
        at=col(row.created_at),
    )
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _parts(incident_id: str) -> sa.Select[Any]:
    row = AssignmentRow
    line = _line("part", ref=col(RosterRoleRow.console_role), words=col(row.answer))
    joined = sa.select(*line).join_from(row, RosterRoleRow, col(RosterRoleRow.key) == col(row.role_key))
    return joined.where(col(row.incident_id) == incident_id)


def _decisions(incident_id: str) -> sa.Select[Any]:
    row = IncidentDecisionRow
    line = _line(
        "decision",
        id=col(row.id),
        ref=col(row.question),
        words=col(row.answer),
        at=col(row.decided_at),
        until=col(row.expires_at),
    )
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _entries(incident_id: str) -> sa.Select[Any]:
    row = TimelineEntryRow
    written = sa.select(*_line("entry", ref=col(row.kind))).where(col(row.incident_id) == incident_id)
    return written.where(col(row.kind).in_([kind.value for kind in EntryKind if kind.is_written]))


def _actions(incident_id: str) -> sa.Select[Any]:
    row = ActionItemRow
    return sa.select(*_line("action", ref=col(row.kind))).where(col(row.incident_id) == incident_id)


def _meeting(incident_id: str) -> sa.Select[Any]:
    """Where the team talks: its own place, or the usual one."""
    return sa.select(*_line("meeting", id=col(MeetingRow.id))).where(col(MeetingRow.id).in_((incident_id, USUAL)))


def _report(incident_id: str) -> sa.Select[Any]:
    row = IncidentReportRow
    line = _line("report", words=sa.cast(col(row.words), sa.Text), at=col(row.finished_at))
    return sa.select(*line).where(col(row.incident_id) == incident_id)


_PARTS = (
    _causes,
    _findings,
    _steps,
    _probes,
    _ticks,
    _attachments,
    _parts,
    _decisions,
    _entries,
    _actions,
    _meeting,
    _report,
)
