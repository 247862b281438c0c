"""The last 24 hours as a picture: what members reported, and when our checks were not well (R3, R12).

The same stands beside it in words. Height and rows tell things apart, never colour alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.check_history import DAY, HALF_HOUR, SHOWN, Change, Stretch, half_hours, stretches
from app.domain.reports import CheckState
from app.store.components import component_rows
from app.store.probes import changes_since
from app.store.reports import reports_since
from app.web.auth import Reader
from app.web.templating import Clock
from app.web.visit import Visit

WIDTH, BARS, ROW, MARGIN = 576, 96, 20, 150
"""Units of the picture: 12 for each half hour, the room of the bars, a row for each state, and of the words beside."""

_STEP = WIDTH // 48
_SAID = {CheckState.FAILING: "fails", CheckState.SLOW: "not as usual", CheckState.UNKNOWN: "not being checked"}

router = APIRouter(prefix="/admin/reports")


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing: bars (x, height, number), rows (y, words, path), hours (x, words). `summary` says the same."""

    bars: Sequence[tuple[int, int, int]]
    rows: Sequence[tuple[int, str, str]]
    hours: Sequence[tuple[int, str]]
    height: int
    summary: Sequence[str]


@router.get("/day")
def day(visit: Reader, component: str = "") -> Response:
    """All components together, or one of them."""
    with visit.database.read() as session:
        rows = component_rows(session)
        reports = reports_since(session, visit.now - DAY)
        changes = changes_since(session, visit.now - DAY)
    chosen = next((row for row in rows if row.slug == component), None)
    reported = [at for slug, at, _ in reports if chosen is None or slug == chosen.slug]
    found = [
        Change(change.probe_id, change.at, CheckState(change.state))
        for slug, change in changes
        if chosen is None or slug == chosen.slug
    ]
    return visit.page(
        "reports/day.html",
        picture=drawn(half_hours(reported, visit.now), stretches(found, visit.now), visit),
        components=rows,
        chosen=chosen,
        width=WIDTH,
        bars_height=BARS,
        margin=MARGIN,
    )


def drawn(numbers: Sequence[int], found: Sequence[Stretch], visit: Visit) -> Picture:
    """The picture of a day that ends now."""
    most, since = max(*numbers, 4), visit.now - DAY
    shown = [state for state in SHOWN if any(stretch.state is state for stretch in found)]
    return Picture(
        bars=[(place * _STEP, BARS * number // most, number) for place, number in enumerate(numbers) if number],
        rows=[
            (BARS + 6 + place * ROW, _SAID[state], _path(found, state, BARS + 6 + place * ROW, since))
            for place, state in enumerate(shown)
        ],
        hours=[(hour * _STEP * 2, visit.clock.time(since + hour * 2 * HALF_HOUR)) for hour in (0, 6, 12, 18)],
        height=BARS + 10 + len(shown) * ROW + 20,
        summary=[*_reports_said(numbers, visit), *(_said(stretch, visit.clock) for stretch in found)],
    )


def _path(found: Sequence[Stretch], state: CheckState, top: int, since: datetime) -> str:
    """One rectangle for each stretch in that state; even a short one can be seen."""
    parts = []
    for stretch in found:
        if stretch.state is state:
            left = (stretch.began_at - since) / DAY * WIDTH
            wide = max((stretch.ended_at - stretch.began_at) / DAY * WIDTH, 2)
            parts.append(f"M{left:.1f} {top + 2}h{wide:.1f}v{ROW - 4}h-{wide:.1f}z")
    return "".join(parts)


def _reports_said(numbers: Sequence[int], visit: Visit) -> list[str]:
    total = sum(numbers)
    if not total:
        return ["Nobody reported trouble in the last 24 hours."]
    place = max(range(len(numbers)), key=numbers.__getitem__)
    began_at = visit.now - DAY + place * HALF_HOUR
    reports = f"{total:,} {'report' if total == 1 else 'reports'} in the last 24 hours"
    return [f"{reports}; the most, {numbers[place]:,}, in the half hour from {visit.clock.when(began_at)}."]


def _said(stretch: Stretch, clock: Clock) -> str:
    return f"A check {_VERBS[stretch.state]} from {clock.when(stretch.began_at)} to {clock.when(stretch.ended_at)}."


_VERBS = {
    CheckState.FAILING: "failed",
    CheckState.SLOW: "was not as usual",
    CheckState.UNKNOWN: "was not being made",
}
