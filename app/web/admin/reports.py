"""Triage: what members report, what checks and alerts point to, and who looks into it (R3, R10, R12)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.reports import count_call
from app.commands.suspicions import acknowledge, attach, dismiss
from app.domain.accounts import Permission
from app.domain.components import Component
from app.domain.errors import RefusedError
from app.domain.reports import counts
from app.store.accounts import account_rows
from app.store.components import live_components
from app.store.incidents import open_incidents
from app.store.reports import help_desk_counts, recent_reports
from app.store.suspicions import closed_suspicions, open_suspicions
from app.web.auth import Reader, Triager
from app.web.posted import PostedForm
from app.web.visit import Visit

REPORTS = "/admin/reports"
_CLOSED_SHOWN = 10

router = APIRouter(prefix=REPORTS)


@dataclass(frozen=True, slots=True)
class Tally:
    """One component's reports: those of the last half hour in stretches of five minutes, and the help desk's share."""

    component: Component
    stretches: tuple[int, ...]
    by_help_desk: int

    @property
    def total(self) -> int:
        """All of the last half hour."""
        return sum(self.stretches)


@router.get("")
def triage(visit: Reader) -> Response:
    """What points to trouble, and every component with a tap for the next call."""
    return _page(visit)


@router.post("/calls")
def count_one(visit: Triager, posted: PostedForm) -> Response:
    """One more member called or wrote about a component."""
    with visit.transaction() as session:
        count_call(session, posted.text("component"), now=visit.now, on_suspected=visit.parts.on_suspected)
    return visit.see_other(f"{REPORTS}#calls")


@router.post("/{suspicion_id}/acknowledgement")
def say_on_it(visit: Triager, suspicion_id: str) -> Response:
    """ "On it": stops whoever would be called next, and tells members that somebody looks."""
    return _decide(visit, lambda session: acknowledge(session, suspicion_id, visit.account.id, now=visit.now))


@router.post("/{suspicion_id}/dismissal")
def nothing_to_it(visit: Triager, suspicion_id: str) -> Response:
    """Close a suspicion that nothing was behind."""
    return _decide(visit, lambda session: dismiss(session, suspicion_id, now=visit.now))


@router.post("/{suspicion_id}/incident")
def is_incident(visit: Triager, suspicion_id: str, posted: PostedForm) -> Response:
    """Say which open incident a suspicion is; the incident keeps its signs."""
    return _decide(visit, lambda session: attach(session, suspicion_id, posted.text("incident_id"), now=visit.now))


def _decide(visit: Visit, act: Callable[[Session], object]) -> Response:
    try:
        with visit.transaction() as session:
            act(session)
    except RefusedError as error:
        return _page(visit, problems=error.problems)
    return visit.see_other(REPORTS)


def _page(visit: Visit, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        components = live_components(session)
        recent, called = recent_reports(session, visit.now), help_desk_counts(session, visit.now)
        opened, closed = open_suspicions(session), closed_suspicions(session, _CLOSED_SHOWN)
        incidents = open_incidents(session, drills=True)
        names = {row.id: row.name for row in account_rows(session)}
    return visit.page(
        "reports/index.html",
        status=422 if problems else 200,
        problems=problems or {},
        tallies=[_tally(item, recent, called, visit.now) for item in components],
        opened=opened,
        closed=closed,
        incidents=incidents,
        people=names,
        components={item.slug: item.short_name for item in components},
        may_triage=visit.may(Permission.TRIAGE),
    )


def _tally(
    item: Component, recent: Mapping[str, Sequence[datetime]], called: Mapping[str, int], now: datetime
) -> Tally:
    return Tally(item, counts(recent.get(item.slug, ()), now), called.get(item.slug, 0))
