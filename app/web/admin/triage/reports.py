"""Triage: what members report, what checks and alerts point to, and who looks into it (R3, R10, R12)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.reports import count_call
from app.commands.suspicions import acknowledge, attach, dismiss
from app.domain.accounts import Permission
from app.domain.components import short_name
from app.domain.errors import RefusedError
from app.domain.probes import state_now
from app.domain.reports import CheckState, Source, counts
from app.domain.severity import Severity
from app.store.components import ComponentRow, component_rows
from app.store.desk import open_matters
from app.store.probes import ProbeRow, frozen_probe, probe_rows
from app.store.reports import reports_since
from app.store.suspicions import suspicions_to_show
from app.web.auth import Reader, Triager
from app.web.posted import PostedForm
from app.web.visit import Visit

REPORTS = "/admin/reports"
HOUR = timedelta(hours=1)
_CLOSED_SHOWN = 10

router = APIRouter(prefix=REPORTS)


@dataclass(frozen=True, slots=True)
class CheckSeen:
    """One check as it stands now, with why where it is not well."""

    words: str
    state: CheckState
    looked_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """One component: its reports of the last half hour in stretches of five minutes, of the hour, and its checks."""

    slug: str
    name: str
    stretches: tuple[int, ...]
    in_the_hour: int
    by_help_desk: int
    checks: Sequence[CheckSeen]

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
        rows, reports = component_rows(session), reports_since(session, visit.now - HOUR)
        suspected = suspicions_to_show(session, _CLOSED_SHOWN)
        incidents, probes = open_matters(session), probe_rows(session)
    seen = _seen(probes, visit.now)
    tallies = [_tally(row, reports, seen.get(row.slug, ()), visit.now) for row in rows]
    return visit.page(
        "reports/index.html",
        status=422 if problems else 200,
        problems=problems or {},
        tallies=tallies,
        unusual=[(tally, check) for tally in tallies for check in tally.checks if check.state is CheckState.SLOW],
        opened=suspected.opened,
        closed=suspected.closed,
        incidents=incidents,
        people=suspected.people,
        components={tally.slug: tally.name for tally in tallies},
        severities=tuple(Severity),
        urgency_of=visit.organisation.urgency_of,
        may_triage=visit.may(Permission.TRIAGE),
    )


def _seen(probes: Sequence[tuple[ProbeRow, str]], now: datetime) -> Mapping[str, list[CheckSeen]]:
    """The checks that do not rest, by the slug of their component."""
    found: defaultdict[str, list[CheckSeen]] = defaultdict(list)
    for row, slug in probes:
        if not row.is_paused:
            state = state_now(CheckState(row.state), row.looked_at, timedelta(seconds=row.every_seconds), now)
            found[slug].append(CheckSeen(frozen_probe(row, slug).words, state, row.looked_at, row.reason))
    return found


def _tally(
    row: ComponentRow,
    reports: Sequence[tuple[str, datetime, Source]],
    checks: Sequence[CheckSeen],
    now: datetime,
) -> Tally:
    own = [(at, source) for slug, at, source in reports if slug == row.slug]
    return Tally(
        slug=row.slug,
        name=short_name(row.name),
        stretches=counts([at for at, _ in own], now),
        in_the_hour=len(own),
        by_help_desk=sum(source is Source.HELP_DESK for _, source in own),
        checks=checks,
    )
