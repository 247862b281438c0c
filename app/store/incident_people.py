"""Who is called, who has which part and what was decided in one incident: its page of people, in one statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.domain.assignments import Answer, Assignment
from app.domain.decisions import IncidentDecision, Question
from app.domain.escalation import By, CallOut, EscalationStep, KeyAnswer, next_step
from app.domain.first_word import FirstWord, FoundBy
from app.domain.pages import Page, PageState
from app.domain.severity import Severity
from app.store.accounts import AccountRow
from app.store.assignments import AssignmentRow
from app.store.columns import Moment
from app.store.decisions import IncidentDecisionRow
from app.store.escalation import CallOutRow, EscalationStepRow, TakenStepRow
from app.store.first_words import FirstWordRow
from app.store.incidents import IncidentUpdateRow
from app.store.pages import PageRow
from app.store.roster import PersonRow, RosterRoleRow
from app.store.unions import Lines, gathered

_line = Lines("id a b c d e who", "number", "at until third")


@dataclass(frozen=True, slots=True)
class IncidentPeople:
    """All of it. `roles` are names by key; `next_at` is when the clock takes `next`."""

    roles: dict[str, str]
    assignments: Sequence[Assignment]
    call_out: CallOut | None
    pages: Sequence[Page]
    decisions: Sequence[IncidentDecision]
    deciders: dict[Question, str]
    first_word: FirstWord | None
    next: EscalationStep | None = None
    next_at: datetime | None = None


def incident_people(session: Session, incident_id: str) -> IncidentPeople:
    """What the page of people shows of an incident."""
    parts = (_roles(), _parts, _calls, _pages, _steps, _decisions, _told, _first)
    selects = [part if isinstance(part, sa.Select) else part(incident_id) for part in parts]
    found = gathered(session, *selects)
    roles = {line.id: line.a for line in found["role"]}
    call_out = next((_call_out(line, incident_id) for line in found["call"]), None)
    step = next_step([_step(line) for line in found["step"]], call_out, ()) if call_out else None
    decisions = _newest([*found["decision"], *(line for line in found["told"] if line.at)])
    return IncidentPeople(
        roles=roles,
        assignments=[_assignment(line, incident_id) for line in sorted(found["part"], key=_when)],
        call_out=call_out,
        pages=[_page(line, roles) for line in sorted(found["page"], key=_when)],
        decisions=[_decision(line) for line in decisions],
        deciders={Question(line.a): line.who for line in decisions},
        first_word=next((_first_word(line) for line in found["first"]), None),
        next=step[0] if step else None,
        next_at=step[1] if step else None,
    )


def _when(line: Any) -> tuple[datetime, str]:
    return line.at, line.id


def _newest(lines: Sequence[Any]) -> list[Any]:
    newest: dict[str, Any] = {}
    for line in sorted(lines, key=_when):
        newest[line.a] = line
    return [newest[question] for question in Question if question in newest]


def _text(column: Any) -> Any:
    return sa.func.coalesce(column, "")


def _roles() -> sa.Select[Any]:
    return sa.select(*_line("role", id=col(RosterRoleRow.key), a=col(RosterRoleRow.name)))


def _parts(incident_id: str) -> sa.Select[Any]:
    row = AssignmentRow
    line = _line(
        "part", id=col(row.id), a=col(row.role_key), b=col(RosterRoleRow.name), c=col(row.answer), d=col(row.person_id),
        e=_text(col(PersonRow.account_id)), who=col(PersonRow.name), at=col(row.offered_at), until=col(row.answered_at),
    )  # fmt: skip
    joined = sa.select(*line).join_from(row, RosterRoleRow, col(RosterRoleRow.key) == col(row.role_key))
    return joined.join(PersonRow, col(PersonRow.id) == col(row.person_id)).where(col(row.incident_id) == incident_id)


def _assignment(line: Any, incident_id: str) -> Assignment:
    return Assignment(
        line.id, incident_id, line.a, line.b, line.d, line.who, line.e or None, Answer(line.c), line.at, line.until
    )


def _calls(incident_id: str) -> sa.Select[Any]:
    row = CallOutRow
    name = sa.func.coalesce(col(PersonRow.name), col(AccountRow.name), "")
    line = _line(
        "call", id=col(row.id), a=col(row.severity), b=_text(col(row.suspicion_id)), who=name,
        at=col(row.began_at), until=col(row.answered_at), third=col(row.ended_at),
    )  # fmt: skip
    joined = sa.select(*line).outerjoin_from(row, PersonRow, col(PersonRow.id) == col(row.answered_by))
    joined = joined.outerjoin(AccountRow, col(AccountRow.id) == col(row.answered_as))
    return joined.where(col(row.incident_id) == incident_id)


def _call_out(line: Any, incident_id: str) -> CallOut:
    severity = Severity(line.a)
    return CallOut(line.id, severity, line.at, line.b or None, incident_id, line.until, line.who, line.third)


def _pages(incident_id: str) -> sa.Select[Any]:
    row = PageRow
    line = _line(
        "page", id=col(row.id), a=col(row.by), b=col(row.state), c=_text(col(row.answer)), d=col(row.words),
        e=col(row.role), who=sa.func.coalesce(col(PersonRow.name), col(row.name)),
        at=col(row.paged_at), until=col(row.sent_at), third=col(row.answered_at),
    )  # fmt: skip
    joined = sa.select(*line).join_from(row, CallOutRow, col(CallOutRow.id) == col(row.call_out_id))
    joined = joined.outerjoin(PersonRow, col(PersonRow.id) == col(row.person_id))
    return joined.where(col(CallOutRow.incident_id) == incident_id)


def _page(line: Any, roles: dict[str, str]) -> Page:
    answer = KeyAnswer(line.c) if line.c else None
    role, state = roles.get(line.e, ""), PageState(line.b)
    return Page(line.id, "", line.who, role, By(line.a), state, line.at, line.until, line.d, answer, line.third)


def _steps(incident_id: str) -> sa.Select[Any]:
    """Steps of the incident's call-out that were not taken."""
    row, taken = EscalationStepRow, TakenStepRow
    is_taken = sa.exists().where(col(taken.call_out_id) == col(CallOutRow.id), col(taken.step_id) == col(row.id))
    line = _line(
        "step", id=col(row.id), a=col(row.severity), b=sa.cast(col(row.notify), sa.String),
        c=sa.cast(col(row.by), sa.String), d=sa.case((col(row.only_unanswered), "only"), else_=""),
        number=col(row.after_minutes),
    )  # fmt: skip
    joined = sa.select(*line).join_from(row, CallOutRow, col(CallOutRow.severity) == col(row.severity))
    return joined.where(col(CallOutRow.incident_id) == incident_id, ~is_taken)


def _step(line: Any) -> EscalationStep:
    ways = tuple(By(way) for way in json.loads(line.c))
    return EscalationStep(line.id, Severity(line.a), line.number, bool(line.d), tuple(json.loads(line.b)), ways)


def _decisions(incident_id: str) -> sa.Select[Any]:
    row = IncidentDecisionRow
    line = _line(
        "decision", id=col(row.id), a=col(row.question), b=col(row.answer), c=col(row.reason),
        who=_text(col(AccountRow.name)), at=col(row.decided_at), until=col(row.expires_at),
    )  # fmt: skip
    joined = sa.select(*line).outerjoin_from(row, AccountRow, col(AccountRow.id) == col(row.decided_by))
    return joined.where(col(row.incident_id) == incident_id)


def _told(incident_id: str) -> sa.Select[Any]:
    """Words that went to members answer for themselves."""
    row = IncidentUpdateRow
    newest = sa.func.max(col(row.created_at))
    answer = {
        "a": sa.literal(Question.MEMBERS.value),
        "b": sa.literal("yes"),
        "c": sa.literal("Words went to members."),
    }
    line = _line("told", **answer, at=sa.type_coerce(newest, Moment))
    return sa.select(*line).where(col(row.incident_id) == incident_id, col(row.deliver_notifications))


def _decision(line: Any) -> IncidentDecision:
    return IncidentDecision(Question(line.a), line.b, line.at, line.c, None, line.until)


def _first(incident_id: str) -> sa.Select[Any]:
    row = FirstWordRow
    line = _line(
        "first", a=col(row.found_by), b=sa.case((col(row.is_automatic), "automatic"), else_=""),
        at=col(row.detected_at), until=col(row.said_at),
    )  # fmt: skip
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _first_word(line: Any) -> FirstWord:
    return FirstWord(line.at, line.until, FoundBy(line.a), bool(line.b))
