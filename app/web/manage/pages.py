"""The page itself: there is one, and clients ask for its id."""

from fastapi import APIRouter
from starlette.responses import Response

from app.publish.statuspage_manage import ManagedObjects
from app.web.manage.call import Reader, answer
from app.web.manage.description import gives

router = APIRouter(tags=["pages"])


@router.get("/pages", responses=gives("Page", is_list=True))
def list_pages(call: Reader) -> Response:
    """The pages that the key is good for: this one."""
    return answer([ManagedObjects(call.shown.now()).page()])


@router.get("/pages/{page_id}", responses=gives("Page"))
def get_page(call: Reader) -> Response:
    """The page."""
    return answer(ManagedObjects(call.shown.now()).page())
