"""The move away from a supplier that closes: the hours left, the list of what is to be done, the copy counted twice."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.actions import complete_action
from app.commands.closing import begin_move, count_copy
from app.domain.closing import MOVE_LIST, is_counted, time_left
from app.domain.errors import NotFoundError, RefusedError
from app.domain.severity import Kind
from app.store.actions import actions_of
from app.store.closing import counts_of
from app.store.incidents import incident_row, the_incident
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents/{incident_id}/move")

_OWNER = "Incident Command"


@router.get("")
def move(visit: Reader, incident_id: str) -> Response:
    """How far the move is."""
    return _page(visit, incident_id)


@router.post("")
def begin(visit: Poster, incident_id: str) -> Response:
    """Open the list of what has to be done."""
    with visit.transaction() as session:
        begin_move(session, incident_id, _OWNER, now=visit.now)
    return visit.see_other(f"/admin/incidents/{incident_id}/move?saved=list")


@router.post("/counts")
def count(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Keep one count."""
    numbers = (posted.number(name) for name in ("expected", "copied", "verified"))
    try:
        with visit.transaction() as session:
            count_copy(session, incident_id, posted.text("what"), *numbers, now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, posted=posted, problems=error.problems)
    return visit.see_other(f"/admin/incidents/{incident_id}/move?saved=count")


@router.post("/steps/{action_id}")
def finish_step(visit: Poster, incident_id: str, action_id: str) -> Response:
    """Say that one step is done."""
    with visit.transaction() as session:
        if action_id not in {action.id for action in actions_of(session, incident_id)}:
            raise NotFoundError("This step is not on the list.")
        complete_action(session, action_id, now=visit.now)
    return visit.see_other(f"/admin/incidents/{incident_id}/move?saved=step")


def _page(
    visit: Visit, incident_id: str, *, posted: Posted | None = None, problems: Mapping[str, str] | None = None
) -> Response:
    with visit.database.read() as session:
        incident, row = the_incident(session, incident_id), incident_row(session, incident_id)
        if incident is None or row is None or incident.kind is not Kind.VENDOR_CLOSING:
            raise NotFoundError("No supplier closes in this incident.")
        counts = counts_of(session, incident.id)
        steps = [action for action in actions_of(session, incident.id) if action.words in MOVE_LIST]
    stated = row.details.get("deadline_at")
    deadline_at = datetime.fromisoformat(stated) if stated else None
    return visit.page(
        "prepare/move.html",
        status=422 if problems else 200,
        incident=incident,
        deadline_at=deadline_at,
        left=time_left(deadline_at, visit.now) if deadline_at else None,
        steps=sorted(steps, key=lambda step: MOVE_LIST.index(step.words)),
        counts=counts,
        is_counted=is_counted,
        said=posted.text if posted else lambda _name: "",
        problems=problems or {},
        saved=visit.request.query_params.get("saved", ""),
    )
