"""Component groups: the headings of the page."""

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.component_records import add_group, dissolve_group, edit_group
from app.domain.errors import NotFoundError
from app.publish.statuspage import Fields as Object
from app.publish.statuspage_manage import ManagedObjects
from app.web.manage.bodies import PostedBody
from app.web.manage.call import AnyPage, Call, Editor, Reader, answer
from app.web.manage.description import gives, takes
from app.web.manage.fields import Fields
from app.web.manage.incident_requests import slugs_of

GROUPS = "/pages/{page_id}/component-groups"
GROUP = GROUPS + "/{group_id}"

router = APIRouter(tags=["component-groups"])


@router.get(GROUPS, responses=gives("ComponentGroup", is_list=True))
def list_groups(call: Reader, paging: AnyPage) -> Response:
    """The groups, in the order of the page."""
    return answer(paging.of(ManagedObjects(call.shown.now()).groups()))


@router.post(GROUPS, status_code=201, responses=gives("ComponentGroup", 201), openapi_extra=takes("component_group"))
def create(call: Editor, body: PostedBody) -> Response:
    """Put a heading on the page, with these components under it."""
    name, slugs = _asked(call, call.fields(body, "component_group"))
    with call.transaction() as session:
        group_id = add_group(session, name or "", slugs or [], now=call.now)
    return answer(_group(call, group_id), 201)


@router.get(GROUP, responses=gives("ComponentGroup"))
def get_group(call: Reader, group_id: str) -> Response:
    """One group."""
    return answer(_group(call, group_id))


@router.patch(GROUP, responses=gives("ComponentGroup"), openapi_extra=takes("component_group"))
@router.put(GROUP, responses=gives("ComponentGroup"), openapi_extra=takes("component_group"))
def update(call: Editor, group_id: str, body: PostedBody) -> Response:
    """Give it another name, or exactly these components."""
    name, slugs = _asked(call, call.fields(body, "component_group"))
    group_id = _group(call, group_id)["id"]
    with call.transaction() as session:
        edit_group(session, group_id, name=name, slugs=slugs, now=call.now)
    return answer(_group(call, group_id))


@router.delete(GROUP, responses=gives("ComponentGroup"))
def remove(call: Editor, group_id: str) -> Response:
    """Take the heading away; its components stay."""
    gone = _group(call, group_id)
    with call.transaction() as session:
        dissolve_group(session, gone["id"], now=call.now)
    return answer(gone)


def _asked(call: Call, fields: Fields) -> tuple[str | None, list[str] | None]:
    """The name, and the components as slugs; each None when it was not given."""
    name, ids = fields.text("name"), fields.texts("components")
    fields.refuse()
    if ids is None:
        return name, None
    return name, list(slugs_of(call.shown.now().components, ids).values())


def _group(call: Call, group_id: str) -> Object:
    found = next((item for item in ManagedObjects(call.shown.now()).groups() if item["id"] == group_id), None)
    if found is None:
        raise NotFoundError(f"There is no group “{group_id[:40]}”.")
    return found
