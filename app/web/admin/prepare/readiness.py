"""Readiness: what would fail tonight, worst first, and what to do about each. Opening it asks nobody anything."""

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.examinations import keep_examination
from app.domain.errors import NotFoundError
from app.domain.examination import Finding
from app.store.examinations import newest_examination
from app.web.auth import Poster, Reader

READINESS = "/admin/readiness"

router = APIRouter(prefix=READINESS)


@router.get("")
def readiness(visit: Reader) -> Response:
    """What the last look found, and how long ago it was."""
    with visit.database.read() as session:
        found = newest_examination(session)
    return visit.page("readiness.html", found=found, Finding=Finding, saved=visit.is_after("examined"))


@router.post("/examination")
def examine(visit: Poster) -> Response:
    """Look at everything now; it takes up to a quarter of a minute."""
    if visit.parts.examine is None:
        raise NotFoundError("This console cannot examine its installation. Run: porchlight doctor")
    checks = visit.parts.examine()
    with visit.transaction() as session:
        keep_examination(session, checks, visit.account.name, now=visit.parts.clock())
    return visit.see_other(f"{READINESS}?examined=1")
