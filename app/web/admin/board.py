"""The board: what is wrong now, the clock to each promise, planned work, and what the page says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.components import Component
from app.domain.incidents import Incident
from app.domain.promises import PromiseState, promise_state
from app.domain.reach import Reach, WayIn, reach_of
from app.store.incidents import open_incidents
from app.store.maintenance import unfinished_maintenances
from app.store.notices import newest_notice_ids
from app.web.admin.standing import components_under
from app.web.auth import Reader

router = APIRouter(prefix="/admin")


@dataclass(frozen=True, slots=True)
class OpenCard:
    """An open incident with the clock to its promise (both None where nothing was promised) and its newest notice."""

    incident: Incident
    promised_at: datetime | None
    state: PromiseState | None
    notice_id: int | None


@router.get("")
def board(visit: Reader) -> Response:
    """The first screen."""
    with visit.database.read() as session:
        opened = open_incidents(session)
        works = unfinished_maintenances(session)
        components = components_under(session, opened, works)
        told = newest_notice_ids(session, [incident.id for incident in opened])
    ways = reach_of(components)
    return visit.page(
        "board.html",
        cards=sorted((_card(incident, told.get(incident.id), visit.now) for incident in opened), key=_most_pressing),
        troubled=_troubled(components, ways),
        ways=ways,
        total=len(components),
        works=works[:5],
        newest=visit.parts.newest(),
    )


def _card(incident: Incident, notice_id: int | None, now: datetime) -> OpenCard:
    promised_at = incident.promised_at
    return OpenCard(incident, promised_at, promise_state(promised_at, now) if promised_at else None, notice_id)


def _most_pressing(card: OpenCard) -> float:
    """Nothing promised first, then the promise that falls due first."""
    return card.promised_at.timestamp() if card.promised_at else 0


def _troubled(components: Sequence[Component], ways: dict[str, WayIn]) -> list[Component]:
    """Components that do not work as usual, the worst first."""
    rank = {Reach.STOPPED: 0, Reach.LOCKED_OUT: 1, Reach.ANOTHER_DOOR: 2, Reach.WORKING: 3}
    troubled = [
        item for item in components if ways[item.slug].reach is not Reach.WORKING or item.status != "operational"
    ]
    return sorted(troubled, key=lambda item: rank[ways[item.slug].reach])
