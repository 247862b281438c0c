"""Stages, notes and causes of one incident (R1, R2, R49, R58)."""

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.causes import judge_cause, name_cause
from app.commands.stages import close_incident, confirm_incident, enter_next_stage
from app.commands.timeline import add_entry
from app.domain.accounts import Permission
from app.domain.causes import CauseState
from app.domain.errors import RefusedError
from app.domain.stages import Stage
from app.domain.timeline import EntryKind
from app.web.admin.forms import Reading
from app.web.admin.work.work_page import acted, work_page
from app.web.auth import Commander, Reader, Triager
from app.web.posted import PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents/{incident_id}/work")


@router.get("")
def work(visit: Reader, incident_id: str) -> Response:
    """What is missing first; then checks, fix, causes, notes and files."""
    return work_page(visit, incident_id)


@router.post("/confirmation")
def confirm(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Say that it is real."""
    return acted(
        visit, incident_id, posted, "stage", lambda session: confirm_incident(session, incident_id, now=visit.now)
    )


@router.post("/stage")
def enter_stage(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Go on to the next stage; a commander may, with a reason, although something is missing."""
    reason = posted.text("reason")

    def act(session: Session) -> None:
        _check_may_force(visit, reason)
        seen = Reading(visit.zone).member("seen", posted.text("seen"), Stage)
        if seen is None:
            raise RefusedError("Look once more in which stage the incident stands.")
        enter_next_stage(session, incident_id, seen, reason, now=visit.now)

    return acted(visit, incident_id, posted, "stage", act)


@router.post("/closing")
def close(visit: Commander, incident_id: str, posted: PostedForm) -> Response:
    """Close it: nothing is owed any more, or a reason says why not."""
    reason = posted.text("reason")
    return acted(
        visit, incident_id, posted, "stage", lambda session: close_incident(session, incident_id, reason, now=visit.now)
    )


@router.post("/entries")
def write_entry(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Write one entry into the timeline."""
    reading = Reading(visit.zone)
    kind = reading.member("kind", posted.text("kind"), EntryKind) or EntryKind.NOTE
    at = reading.moment("at", posted.text("at")) if posted.text("at") else None

    def act(session: Session) -> None:
        reading.refuse()
        add_entry(session, incident_id, kind, posted.text("words"), now=visit.now, at=at)

    return acted(visit, incident_id, posted, "write", act)


@router.post("/causes")
def add_cause(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Name a cause that is suspected."""
    words = posted.text("cause")
    return acted(
        visit, incident_id, posted, "causes", lambda session: name_cause(session, incident_id, words, now=visit.now)
    )


@router.post("/causes/{cause_id}")
def change_cause(visit: Triager, incident_id: str, cause_id: str, posted: PostedForm) -> Response:
    """Say how sure we are of a cause."""
    state = Reading(visit.zone).member("state", posted.text("state"), CauseState) or CauseState.SUSPECTED
    return acted(
        visit,
        incident_id,
        posted,
        "causes",
        lambda session: judge_cause(session, incident_id, cause_id, state, now=visit.now),
    )


def _check_may_force(visit: Visit, reason: str) -> None:
    if reason and not visit.may(Permission.COMMAND):
        raise RefusedError({"reason": "A commander decides to go on without. Supply what is missing, or ask one."})
