"""Count members who have trouble, from the page and at the help desk; an unusual number opens a suspicion."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.sign_up_limits import within_limits
from app.commands.suspicions import OnSuspected, end_sign, suspect, tell_nobody
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.events import FactsChanged
from app.domain.reports import BASELINE, WINDOW, ReportLimits, Source, is_spike, shown_count, usual_count
from app.domain.suspicions import Sign, SignKind
from app.store.components import ComponentRow, component_row
from app.store.outbox import record
from app.store.reports import MemberReportRow, count_before, forget_reports, recent_reports
from app.store.suspicions import open_suspicions


def report_trouble(
    session: Session,
    slug: str,
    network: str,
    limits: ReportLimits,
    *,
    now: datetime,
    on_suspected: OnSuspected = tell_nobody,
) -> bool:
    """Count a member's "I'm having trouble too"; False when that network has said so often enough.

    Raises:
        NotFoundError: no such component is on the page.
    """
    component = _component(session, slug)
    if not within_limits(session, limits.of(network, slug), now=now):
        return False
    _count(session, component, Source.MEMBER, now=now, on_suspected=on_suspected)
    return True


def count_call(session: Session, slug: str, *, now: datetime, on_suspected: OnSuspected = tell_nobody) -> None:
    """Count a member who called or wrote to the help desk.

    Raises:
        NotFoundError: no such component is on the page.
    """
    component = _component(session, slug)
    _count(session, component, Source.HELP_DESK, now=now, on_suspected=on_suspected)


def calm_down(session: Session, *, now: datetime) -> None:
    """By the clock: end the signs of reports that have become few again, and forget what no baseline counts."""
    recent = recent_reports(session, now)
    signs = [sign for item in open_suspicions(session) for sign in item.signs]
    for sign in signs:
        if sign.kind is SignKind.REPORTS and sign.is_open and not recent.get(sign.ref):
            end_sign(session, SignKind.REPORTS, sign.ref, now=now)
    forget_reports(session, now - WINDOW - BASELINE)


def _count(
    session: Session, component: ComponentRow, source: Source, *, now: datetime, on_suspected: OnSuspected
) -> None:
    before = len(recent_reports(session, now).get(component.slug, ()))
    session.add(MemberReportRow(component_id=component.id, source=source, at=now))
    session.flush()
    number = before + 1
    shown = shown_count(number)
    if shown != shown_count(before):
        note(session, "component.reported", Subject("component", component.slug), after={"reports": shown}, now=now)
        record(session, FactsChanged(slugs=(component.slug,)), now)
    if is_spike(number, usual_count(count_before(session, component.id, now))):
        words = f"{number} members report trouble within half an hour"
        sign = Sign(SignKind.REPORTS, component.slug, words, now, component.slug)
        suspect(session, sign, now=now, on_suspected=on_suspected)


def _component(session: Session, slug: str) -> ComponentRow:
    row = component_row(session, slug)
    if row is None or row.retired_at is not None:
        raise NotFoundError("This service is not on the page.")
    return row
