"""What each participant saw, asked for before the meeting, and when that is (R64)."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.observations import TEMPLATE, ask_participants, write_observation
from app.commands.report import meet
from app.domain.accounts import Permission
from app.domain.errors import RefusedError
from app.domain.survey import tally
from app.store.report import observations_of, report_row
from app.store.survey import survey_answers
from app.web.admin.forms import Reading
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Poster, Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents")


@router.get("/{incident_id}/observations")
def observations_page(visit: Reader, incident_id: str) -> Response:
    """Who was asked and what they wrote, what members answered, and when people meet."""
    return _page(visit, incident_id)


@router.post("/{incident_id}/observations")
def write_mine(visit: Reader, incident_id: str, posted: PostedForm) -> Response:
    """Keep what the person who is signed in saw; everybody who was asked may, whatever their role."""
    try:
        with visit.transaction() as session:
            incident = existing_incident(session, incident_id)
            write_observation(session, incident.id, visit.account.id, posted.text("observation"), now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, problems=error.problems, typed=posted.text("observation"))
    return visit.see_other(f"/admin/incidents/{incident_id}/observations?written=1")


@router.post("/{incident_id}/observations/requests")
def ask(visit: Poster, incident_id: str) -> Response:
    """Ask whoever took part and was not asked yet."""
    with visit.transaction() as session:
        number = ask_participants(session, existing_incident(session, incident_id).id, now=visit.now)
    return visit.see_other(f"/admin/incidents/{incident_id}/observations?asked={number}")


@router.post("/{incident_id}/meeting")
def set_meeting(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Say when and where people meet."""
    try:
        reading = Reading(visit.zone)
        at = reading.moment("meeting_at", posted.text("meeting_at")) if posted.text("meeting_at") else None
        reading.refuse()
        with visit.transaction() as session:
            meet(session, incident_id, at, posted.text("meeting_place"), now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, problems=error.problems)
    return visit.see_other(f"/admin/incidents/{incident_id}/observations?met=1")


def _page(
    visit: Visit, incident_id: str, *, problems: Mapping[str, str] | None = None, typed: str | None = None
) -> Response:
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        found, row = observations_of(session, incident.id), report_row(session, incident.id)
        answers = survey_answers(session, [incident.id]).get(incident.id, [])
    mine = next((each for each in found if each.account_id == visit.account.id), None)
    return visit.page(
        "incidents/observations.html",
        status=422 if problems else 200,
        incident=incident,
        observations=found,
        mine=mine,
        typed=typed if typed is not None else (mine.words if mine else ""),
        asked_for=TEMPLATE,
        report=row,
        answers=answers,
        summed=tally(answers),
        may_ask=visit.may(Permission.POST) and incident.resolved_at is not None,
        problems=problems or {},
        written=visit.is_after("written"),
        asked=visit.request.query_params.get("asked", "") if visit.is_after("asked") else "",
        met=visit.is_after("met"),
    )
