"""What the people of one incident work with, and what its gates make of it (R1, R54, R58)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.accounts import Role
from app.domain.actions import ActionKind
from app.domain.assignments import Answer
from app.domain.attachments import Attachment
from app.domain.causes import Cause, CauseState
from app.domain.components import ComponentStatus
from app.domain.decisions import IncidentDecision, Question, standing
from app.domain.findings import Finding, findings_owed
from app.domain.incidents import Incident, IncidentStatus
from app.domain.recovery import CheckItem, unverified
from app.domain.report import Heading
from app.domain.stages import Facts
from app.domain.timeline import EntryKind


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an incident that somebody was asked to take."""

    role: Role
    answer: Answer


@dataclass(frozen=True, slots=True)
class Work:
    """All of it. `entries` counts what was written into the timeline, by kind; `report` holds what a
    person wrote under its headings.
    """

    causes: Sequence[Cause]
    findings: Sequence[Finding]
    checks: Sequence[CheckItem]
    attachments: Sequence[Attachment]
    parts: Sequence[Part]
    decisions: Sequence[IncidentDecision]
    entries: Mapping[EntryKind, int]
    actions: Sequence[ActionKind] = ()
    channel: bool = False
    report: Mapping[Heading, str] = field(default_factory=dict)
    report_finished: bool = False


_NOTES = (
    EntryKind.ACTION,
    EntryKind.OBSERVATION,
    EntryKind.DIAGNOSIS,
    EntryKind.CONTAINMENT,
    EntryKind.VENDOR,
    EntryKind.NOTE,
)
_OFFERED = (Answer.OFFERED, Answer.ACCEPTED)


def facts_of(incident: Incident, work: Work, now: datetime) -> Facts:
    """What the gates ask for."""
    decided = standing(work.decisions, now)
    told = any(update.deliver_notifications for update in incident.updates)
    accepted = {part.role for part in work.parts if part.answer is Answer.ACCEPTED}
    return Facts(
        confirmed=incident.confirmed_at is not None,
        severity=incident.severity,
        commander_named=any(part.role is Role.COMMANDER and part.answer in _OFFERED for part in work.parts),
        commander_accepted=Role.COMMANDER in accepted,
        lead_accepted=Role.COMMUNICATIONS_LEAD in accepted,
        told=told or Question.MEMBERS in decided,
        channel=work.channel,
        members_decided=told or Question.MEMBERS in decided,
        outside_decided=Question.OUTSIDE in decided,
        cause=any(cause.state is not CauseState.RULED_OUT for cause in work.causes) or Heading.CAUSE in work.report,
        contained=EntryKind.CONTAINMENT in work.entries,
        noted=any(kind in work.entries for kind in _NOTES),
        fix=incident.fix,
        restored=all(each.status is ComponentStatus.OPERATIONAL for each in incident.components),
        verified=not unverified(work.checks),
        resolved=not incident.is_open,
        findings_owed=findings_owed(work.findings, incident.severity),
        report_published=work.report_finished or incident.status is IncidentStatus.POSTMORTEM,
        actions=len(work.actions),
        resolution=Heading.RESOLUTION in work.report or EntryKind.RECOVERY in work.entries,
        prevention=Heading.MITIGATION in work.report or any(kind.prevents for kind in work.actions),
    )
