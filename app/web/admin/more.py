"""Every section of the console on one page, for whoever does not find it in the bar."""

from fastapi import APIRouter
from starlette.responses import Response

from app.web.auth import Reader

router = APIRouter()


@router.get("/admin/more")
def more(visit: Reader) -> Response:
    """Every section that this person may use, each with its sentence."""
    return visit.page("more.html")
