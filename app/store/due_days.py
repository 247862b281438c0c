"""What falls due on a day, as lines of the board's one statement: contracts, the plan, drills, reports, actions."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.store.actions import ActionItemRow
from app.store.drills import DrillRow
from app.store.incidents import REAL, IncidentRow
from app.store.plan import PlanEditionRow
from app.store.report import IncidentReportRow
from app.store.unions import Lines
from app.store.vendors import ContractRow, VendorRow

line_of = Lines("id words detail", "number done", "at until")
"""A line of what the board asks for (`app.store.desk`)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is due on a day: a contract's last day for notice, the plan's review, a drill, a report, or an action."""

    what: str
    id: str
    name: str
    on: date


def due_lines() -> tuple[sa.Select[Any], ...]:
    """The statements that the board's union takes in."""
    return (_contracts(), _plan(), _drills(), _reports(), _actions())


def prepared(line: Any) -> Prepared:
    """One such line as a value."""
    return Prepared(
        line.words, line.id, line.detail[10:], date.fromisoformat(line.detail[:10]) - timedelta(line.number)
    )


def _day_and(day: Any, name: Any) -> sa.ColumnElement[Any]:
    """A date and a name in one text: the union has no column of dates."""
    return sa.type_coerce(sa.cast(day, sa.String).concat(name), sa.String())


def _contracts() -> sa.Select[Any]:
    line = line_of(
        "prepared",
        id=col(VendorRow.key),
        words=sa.literal("contract"),
        detail=_day_and(col(ContractRow.ends_on), col(VendorRow.name)),
        number=col(ContractRow.notice_days),
    )
    return sa.select(*line).join_from(VendorRow, ContractRow, col(ContractRow.vendor_key) == col(VendorRow.key))


def _plan() -> sa.Select[Any]:
    due = _day_and(sa.func.max(col(PlanEditionRow.due_on)), sa.literal(""))
    line = line_of("prepared", words=sa.literal("plan"), detail=due)
    return sa.select(*line).select_from(PlanEditionRow).having(sa.func.count() > 0)


def _drills() -> sa.Select[Any]:
    detail = _day_and(col(DrillRow.planned_on), col(DrillRow.scenario))
    line = line_of("prepared", id=col(DrillRow.id), words=sa.literal("drill"), detail=detail)
    return sa.select(*line).where(col(DrillRow.started_at).is_(None))


def _reports() -> sa.Select[Any]:
    detail = _day_and(col(IncidentReportRow.due_on), col(IncidentRow.title))
    line = line_of("owed", id=col(IncidentRow.id), words=sa.literal("report"), detail=detail)
    joined = sa.select(*line).join_from(
        IncidentReportRow, IncidentRow, col(IncidentRow.id) == col(IncidentReportRow.incident_id)
    )
    is_over = col(IncidentRow.resolved_at).is_not(None)
    return joined.where(REAL, is_over, col(IncidentReportRow.finished_at).is_(None))


def _actions() -> sa.Select[Any]:
    detail = _day_and(col(ActionItemRow.due_on), col(ActionItemRow.words))
    line = line_of("owed", id=col(ActionItemRow.id), words=sa.literal("action"), detail=detail)
    return sa.select(*line).where(col(ActionItemRow.done_at).is_(None))
