"""Backup and redundancy: per component, when its copy was last restored and its stand-in last switched to (R57)."""

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.redundancy import note_test
from app.domain.errors import RefusedError
from app.domain.redundancy import Safeguard, standing_of
from app.store.components import live_components
from app.store.redundancy import newest_tests
from app.web.admin.forms import Reading
from app.web.auth import Editor, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

REDUNDANCY = "/admin/redundancy"

router = APIRouter(prefix=REDUNDANCY)


@router.get("")
def redundancy(visit: Reader) -> Response:
    """Both proofs of every component."""
    return _page(visit)


@router.post("/tests")
def add_test(visit: Editor, posted: PostedForm) -> Response:
    """Note a test that worked."""
    reading = Reading(visit.zone)
    try:
        safeguard = reading.member("safeguard", posted.text("safeguard"), Safeguard)
        on = reading.day("tested_on", posted.text("tested_on"))
        if safeguard is None:
            reading.problems.setdefault("safeguard", "Say what was tested.")
        if on is None:
            reading.problems.setdefault("tested_on", "Choose the day of the test.")
        reading.refuse()
        with visit.transaction() as session:
            note_test(
                session,
                posted.text("component"),
                safeguard or Safeguard.COPY,
                on or _today(visit),
                posted.text("words"),
                today=_today(visit),
                now=visit.now,
            )
    except RefusedError as error:
        return _page(visit, posted=posted, problems=error.problems)
    return visit.see_other(f"{REDUNDANCY}?saved=test")


def _page(visit: Visit, *, posted: Posted | None = None, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        components = list(live_components(session))
        tests = newest_tests(session, components)
    today = _today(visit)
    return visit.page(
        "prepare/redundancy.html",
        status=422 if problems else 200,
        components=components,
        tests=tests,
        safeguards=list(Safeguard),
        standing=lambda test: standing_of(test, today),
        said=posted.text if posted else {"tested_on": today.isoformat()}.get,
        problems=problems or {},
        saved=visit.is_after("saved"),
    )


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()
