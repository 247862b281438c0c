"""Drills: the calendar, starting and ending one, and what each showed (R70, R72)."""

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.drills import cancel_drill, end_drill, plan_drill, start_drill
from app.domain.errors import RefusedError
from app.store.components import live_components
from app.store.drills import all_drills
from app.store.plan import plan_sections
from app.web.admin.forms import Reading
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

DRILLS = "/admin/drills"

router = APIRouter(prefix=DRILLS)


@router.get("")
def drills(visit: Reader) -> Response:
    """The one that is played, those to come, and what the others showed."""
    return _page(visit)


@router.post("")
def plan(visit: Poster, posted: PostedForm) -> Response:
    """Put a drill into the calendar."""
    reading = Reading(visit.zone)
    try:
        on = reading.day("planned_on", posted.text("planned_on"))
        if on is None:
            reading.problems.setdefault("planned_on", "Choose a day.")
        reading.refuse()
        with visit.transaction() as session:
            scenario, slug = posted.text("scenario"), posted.text("component")
            plan_drill(session, scenario, slug, on or _today(visit), now=visit.now)
    except RefusedError as error:
        return _page(visit, posted=posted, problems=error.problems)
    return visit.see_other(f"{DRILLS}?saved=planned")


@router.post("/{drill_id}/beginning")
def start(visit: Poster, drill_id: str) -> Response:
    """Let it fail, on paper."""
    with visit.transaction() as session:
        drill = start_drill(session, drill_id, now=visit.now)
    return visit.see_other(f"/admin/incidents/{drill.incident_id}")


@router.post("/{drill_id}/removal")
def cancel(visit: Poster, drill_id: str) -> Response:
    """Take a drill that nobody played out of the calendar."""
    with visit.transaction() as session:
        cancel_drill(session, drill_id, now=visit.now)
    return visit.see_other(f"{DRILLS}?saved=removed")


@router.post("/result")
def end(visit: Poster, posted: PostedForm) -> Response:
    """End the drill that is running, and say what was tried in it."""
    sections = [int(word) for word in posted.all("section") if word.isascii() and word.isdigit()]
    try:
        with visit.transaction() as session:
            end_drill(session, sections, posted.all("slugs"), now=visit.now)
    except RefusedError as error:
        return _page(visit, posted=posted, problems=error.problems)
    return visit.see_other(f"{DRILLS}?saved=ended")


def _page(visit: Visit, *, posted: Posted | None = None, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        listed, sections = all_drills(session), plan_sections(session)
        components = live_components(session)
    today = _today(visit)
    return visit.page(
        "prepare/drills.html",
        status=422 if problems else 200,
        running=next((drill for drill in listed if drill.is_running), None),
        ahead=sorted((drill for drill in listed if drill.started_at is None), key=lambda drill: drill.planned_on),
        played=[drill for drill in listed if drill.ended_at],
        sections=sections,
        components=components,
        names={item.slug: item.short_name for item in components},
        today=today,
        said=posted.text if posted else lambda _name: "",
        chosen=(posted.all("section"), posted.all("slugs")) if posted else ([], []),
        problems=problems or {},
        saved=visit.request.query_params.get("saved", ""),
    )


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()
