"""The tray: what would have been sent, where no provider is set up. For development; nothing here ever left."""

from fastapi import APIRouter
from starlette.responses import Response

from app.store.tray import kept
from app.web.auth import Administrator

PAGE = 50

router = APIRouter(prefix="/admin/tray")


@router.get("")
def tray(visit: Administrator, before: int | None = None) -> Response:
    """The messages, newest first, whole: addresses and sign-up codes too, which is why few may see them."""
    with visit.database.read() as session:
        rows = kept(session, before=before, most=PAGE + 1)
    more_before = rows[PAGE - 1].id if len(rows) > PAGE else None
    return visit.page("deliveries/tray.html", kept=rows[:PAGE], more_before=more_before)
