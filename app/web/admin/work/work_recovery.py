"""Recovery of one incident: ticks, how lasting the fix is, when members were relieved and the fault fixed (R53-R56)."""

from datetime import datetime
from typing import get_args

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.recovery import Moment, settle_fix, state_moment, tick, untick
from app.domain.errors import RefusedError
from app.domain.stages import Fix
from app.web.admin.forms import Reading
from app.web.admin.work.work_page import acted
from app.web.auth import Triager
from app.web.posted import PostedForm

router = APIRouter(prefix="/admin/incidents/{incident_id}/work")


@router.post("/ticks")
def tick_step(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Say that a step is done, or that a check has passed."""
    ref = posted.text("ref")
    return acted(visit, incident_id, posted, "checks", lambda session: tick(session, incident_id, ref, now=visit.now))


@router.post("/ticks/{ref}/removal")
def untick_step(visit: Triager, incident_id: str, ref: str, posted: PostedForm) -> Response:
    """Say that it was not done after all."""
    return acted(visit, incident_id, posted, "checks", lambda session: untick(session, incident_id, ref, now=visit.now))


@router.post("/fix")
def say_fix(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Say whether the fix is permanent; a temporary one opens an action with a day and an owner."""
    reading = Reading(visit.zone)
    fix = reading.member("fix", posted.text("fix"), Fix)
    due_on = reading.day("due_on", posted.text("due_on"))
    today = visit.now.astimezone(visit.zone).date()

    def act(session: Session) -> None:
        reading.refuse()
        if fix is None:
            raise RefusedError({"fix": "Say whether the fix is permanent or temporary."})
        owner = posted.text("owner")
        settle_fix(session, incident_id, fix, today=today, due_on=due_on, owner=owner, now=visit.now)

    return acted(visit, incident_id, posted, "fix", act)


@router.post("/moments")
def say_moments(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Say when members could work again, and when the fault was gone; what is left empty stays as it is."""
    reading = Reading(visit.zone)
    stated: dict[Moment, datetime | None] = {
        which: reading.moment(which, posted.text(which)) for which in get_args(Moment) if posted.text(which)
    }

    def act(session: Session) -> None:
        reading.refuse()
        for which, at in stated.items():
            if at is not None:
                state_moment(session, incident_id, which, at, now=visit.now)

    return acted(visit, incident_id, posted, "moments", act, to="fix")
