"""Components: list, create, change, retire, and how much of the time they were there."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.component_edits import retire_component
from app.commands.component_records import ComponentEdit, add_component, edit_component
from app.domain.components import Component, ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.uptime import uptime_of
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage_manage import ManagedObjects, uptime_object
from app.web.manage.bodies import PostedBody
from app.web.manage.call import AnyPage, Call, Editor, Reader, answer
from app.web.manage.description import gives, takes
from app.web.manage.fields import Fields

COMPONENTS = "/pages/{page_id}/components"
COMPONENT = COMPONENTS + "/{component_id}"
RANGE_MOST = timedelta(days=180)
"""What Statuspage itself looks back over at once."""

RANGE = timedelta(days=90)

router = APIRouter(tags=["components"])


@router.get(COMPONENTS, responses=gives("Component", is_list=True))
def list_components(call: Reader, paging: AnyPage) -> Response:
    """Components and groups as one flat list, by position."""
    return answer(paging.of(ManagedObjects(call.shown.now()).components()))


@router.post(COMPONENTS, status_code=201, responses=gives("Component", 201), openapi_extra=takes("component"))
def create(call: Editor, body: PostedBody) -> Response:
    """Put a component on the page. Its ways in and what it depends on are set in the console."""
    edit = _asked(call.fields(body, "component"))
    with call.transaction() as session:
        component_id = add_component(session, edit, now=call.now)
    return _one(call, component_id, 201)


@router.get(COMPONENT, responses=gives("Component"))
def get_component(call: Reader, component_id: str) -> Response:
    """One component."""
    return _one(call, component_id)


@router.patch(COMPONENT, responses=gives("Component"), openapi_extra=takes("component"))
@router.put(COMPONENT, responses=gives("Component"), openapi_extra=takes("component"))
def update(call: Editor, component_id: str, body: PostedBody) -> Response:
    """Change it. `status` is what it reports by itself; the page shows the worse of that and what incidents say."""
    edit = _asked(call.fields(body, "component"))
    slug = _component(call.shown.now(), component_id).slug
    with call.transaction() as session:
        edit_component(session, slug, edit, now=call.now)
    return _one(call, component_id)


@router.delete(COMPONENT, status_code=204)
def retire(call: Editor, component_id: str) -> Response:
    """Take it off the page; its history stays."""
    slug = _component(call.shown.now(), component_id).slug
    with call.transaction() as session:
        retire_component(session, slug, now=call.now)
    return Response(status_code=204)


@router.get(COMPONENT + "/uptime", responses=gives("Uptime"))
def get_uptime(
    call: Reader, component_id: str, start: str = "", end: str = "", skip_related_events: bool = False
) -> Response:
    """Uptime from `start` to `end`, ninety days back when they are left out; partial outages count three tenths."""
    snapshot = call.shown.now()
    component = _component(snapshot, component_id)
    starts_at, ends_at = _range(call, start, end)
    uptime = uptime_of(component.slug, snapshot.incidents, starts_at=starts_at, ends_at=ends_at, now=call.now)
    item = ManagedObjects(snapshot).component(component.id) or {}
    return answer(uptime_object(item, uptime, with_events=not skip_related_events))


def _range(call: Call, start: str, end: str) -> tuple[datetime, datetime]:
    fields = Fields({"start": start, "end": end}, call.organisation.zone)
    ends_at = min(fields.moment("end") or call.now, call.now)
    starts_at = fields.moment("start") or ends_at - RANGE
    fields.refuse()
    if starts_at >= ends_at or ends_at - starts_at > RANGE_MOST:
        raise RefusedError({"start": f"Give a stretch of the past of at most {RANGE_MOST.days} days."})
    return starts_at, ends_at


def _asked(fields: Fields) -> ComponentEdit:
    edit = ComponentEdit(
        name=fields.text("name"),
        description=fields.text("description"),
        status=fields.member("status", ComponentStatus),
        group_id=fields.text("group_id"),
        showcase=fields.flag("showcase"),
        only_show_if_degraded=fields.flag("only_show_if_degraded"),
        start_on=fields.day("start_date"),
    )
    fields.refuse()
    return edit


def _one(call: Call, component_id: str, status: int = 200) -> Response:
    found = ManagedObjects(call.shown.now()).component(component_id)
    if found is None:
        raise NotFoundError(f"There is no component “{component_id[:40]}”.")
    return answer(found, status)


def _component(snapshot: PublicSnapshot, component_id: str) -> Component:
    found = next((item for item in snapshot.components if item.id == component_id), None)
    if found is None:
        raise NotFoundError(f"There is no component “{component_id[:40]}”.")
    return found
