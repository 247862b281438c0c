"""The board: what is wrong now, the clock to each next word, and everything that waits for somebody.

It is looked at all night and asks for itself again every half minute: four statements of its own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.cadence import Due, clock
from app.domain.components import Component
from app.domain.examination import Finding
from app.domain.promises import Day, PromiseState, promise_state
from app.domain.proofs import overdue_proofs
from app.domain.reach import Reach, WayIn, reach_of
from app.domain.severity import Urgency
from app.domain.vendors import STAGES
from app.store.components import live_components
from app.store.desk import Desk, OpenMatter, open_matters, the_desk
from app.store.due_days import Prepared
from app.store.examinations import newest_examination
from app.web.admin.duty.roster import cover_now
from app.web.auth import Reader
from app.web.visit import Visit

router = APIRouter(prefix="/admin")

_WORKS_MOST = 5


@dataclass(frozen=True, slots=True)
class OpenCard:
    """An open incident with the clock to its next word; an imported one may have no urgency, and no clock."""

    matter: OpenMatter
    due: Due | None
    state: PromiseState | None


@router.get("")
def board(visit: Reader) -> Response:
    """The first screen."""
    with visit.database.read() as session:
        matters = open_matters(session)
        desk = the_desk(session, visit.now)
        components = live_components(session, desk.states)
        examined = newest_examination(session)
        cover = cover_now(session, visit.set_up, visit.now)
    ways, day = reach_of(components), visit.organisation.day
    cards = [card_of(matter, desk.skipped.get(matter.id, ()), day, visit.now) for matter in matters]
    return visit.page(
        "board.html",
        cards=sorted(cards, key=_most_pressing),
        desk=desk,
        prepare=to_prepare(desk, visit.now.astimezone(visit.zone).date()),
        owed=owed_now(desk, visit.now.astimezone(visit.zone).date()),
        failing=examined.of(Finding.FAIL) if examined else (),
        cover=cover,
        untried=_untried(visit, components),
        troubled=_troubled(components, ways),
        ways=ways,
        total=len(components),
        works=desk.works[:_WORKS_MOST],
        newest=visit.parts.newest(),
    )


def _untried(visit: Visit, components: Sequence[Component]) -> list[Component]:
    """The components whose direct sign-in nobody proved for too long (R32): a door nobody tried is no door."""
    return overdue_proofs(components, visit.now.astimezone(visit.zone).date(), visit.organisation.prove_within_days)


def to_prepare(desk: Desk, today: date) -> list[Prepared]:
    """Contracts whose last day for notice is near, and the plan's review or a drill whose day has come."""
    near = {"contract": timedelta(days=max(STAGES)), "plan": timedelta(0), "drill": timedelta(0)}
    return [each for each in desk.prepared if each.on - today <= near[each.what] and not _is_too_late(each, today)]


def owed_now(desk: Desk, today: date) -> list[Prepared]:
    """Reports that are due within a day or overdue, and actions that are overdue (R59, R63)."""
    near = {"report": timedelta(days=1), "action": timedelta(days=-1)}
    return [each for each in desk.owed if each.on - today <= near[each.what]]


def _is_too_late(each: Prepared, today: date) -> bool:
    """A contract that was not left in time goes on; its own page says so."""
    return each.what == "contract" and each.on < today


def card_of(matter: OpenMatter, skipped: Collection[datetime], day: Day, now: datetime) -> OpenCard:
    """The clock that runs for this incident: the promise, or what the rules ask for before it (R41)."""
    if matter.urgency is None and matter.word.promised_at is None:
        return OpenCard(matter, None, None)
    due = clock(matter.urgency or Urgency.MEDIUM, matter.word, day, skipped)
    return OpenCard(matter, due, promise_state(due.at, now))


def _most_pressing(card: OpenCard) -> tuple[bool, float]:
    """Drills last; nothing promised first, then what falls due first."""
    return card.matter.is_drill, card.due.at.timestamp() if card.due else 0


def _troubled(components: Sequence[Component], ways: dict[str, WayIn]) -> list[Component]:
    """Components that do not work as usual, the worst first."""
    rank = {Reach.STOPPED: 0, Reach.LOCKED_OUT: 1, Reach.ANOTHER_DOOR: 2, Reach.WORKING: 3}
    troubled = [
        item for item in components if ways[item.slug].reach is not Reach.WORKING or item.status != "operational"
    ]
    return sorted(troubled, key=lambda item: rank[ways[item.slug].reach])
