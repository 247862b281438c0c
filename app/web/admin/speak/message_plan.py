"""The communications plan of one incident: who is told what by when, and who has not heard for long (R25, R46)."""

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.message_plan import plan_word, tell_now, tick_off
from app.domain.errors import NotFoundError, RefusedError
from app.domain.message_plan import Audience, Medium, audience_states, with_updates
from app.store.message_plan import moments_told, plan_of
from app.web.admin.forms import Reading
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents/{incident_id}/plan")

_MEDIA = [(medium.value, medium.in_words) for medium in Medium if not medium.follows_words]


@router.get("")
def plan(visit: Reader, incident_id: str) -> Response:
    """Every audience with its words, and when it last heard."""
    return _page(visit, incident_id)


@router.post("/words")
def add_word(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Plan one more word, or note one that has just been said."""
    reading = Reading(visit.zone)
    audience = reading.member("audience", posted.text("audience"), Audience)
    medium = reading.member("medium", posted.text("medium"), Medium)
    due_at = visit.now if posted.has("now") else reading.moment("due_at", posted.text("due_at"))
    try:
        reading.refuse()
        if audience is None or medium is None or due_at is None:
            raise RefusedError({"audience": "Choose who is told and by what."})
        with visit.transaction() as session:
            if posted.has("now"):
                tell_now(session, incident_id, audience, medium, now=visit.now)
            else:
                plan_word(session, incident_id, audience, medium, due_at, now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, posted, error)
    return visit.see_other(f"/admin/incidents/{incident_id}/plan?done=planned")


@router.post("/words/{item_id}/tick")
def tick(visit: Poster, incident_id: str, item_id: str) -> Response:
    """Say that it was said."""
    with visit.transaction() as session:
        if tick_off(session, item_id, now=visit.now) != existing_incident(session, incident_id).id:
            raise NotFoundError("There is no such line in this plan.")
    return visit.see_other(f"/admin/incidents/{incident_id}/plan?done=ticked")


def _page(
    visit: Visit, incident_id: str, posted: Posted | None = None, refusal: RefusedError | None = None
) -> Response:
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        items, told = plan_of(session, incident.id), moments_told(session, incident.id)
    planned = with_updates(items, [update.said_at for update in incident.updates], told)
    states = audience_states(planned, told, incident.started_at, incident.resolved_at, visit.now)
    return visit.page(
        "incidents/plan.html",
        status=422 if refusal else 200,
        incident=incident,
        room="people",
        states=states,
        audiences=[(audience.value, audience.in_words) for audience in Audience],
        media=_MEDIA,
        problems=dict(refusal.problems) if refusal else {},
        said=posted or Posted(),
        done=visit.request.query_params.get("done", "") if visit.request.method == "GET" else "",
    )
