"""The recovery steps of one component: what brings it back, and what shows that it is back (R53, R54)."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.recovery import save_steps
from app.domain.errors import NotFoundError, RefusedError
from app.domain.recovery import Purpose
from app.store.components import component_row
from app.store.recovery import steps_of
from app.web.auth import Editor
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/components/{slug}/recovery")


@router.get("")
def steps(visit: Editor, slug: str) -> Response:
    """The steps, one to a line."""
    return _page(visit, slug)


@router.post("")
def keep_steps(visit: Editor, slug: str, posted: PostedForm) -> Response:
    """Keep the steps."""
    try:
        with visit.transaction() as session:
            save_steps(session, slug, posted.text("recover"), posted.text("verify"), now=visit.now)
    except RefusedError as error:
        return _page(visit, slug, posted, error.problems)
    return visit.see_other(f"/admin/components/{slug}/recovery?kept=1")


def _page(visit: Visit, slug: str, posted: Posted | None = None, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        component = component_row(session, slug)
        if component is None:
            raise NotFoundError(f"There is no component “{slug[:40]}”.")
        known = steps_of(session, component.id)
    kept = {purpose.value: "\n".join(row.words for row in known if row.purpose == purpose) for purpose in Purpose}
    return visit.page(
        "components/recovery.html",
        status=422 if problems else 200,
        component=component,
        said={name: posted.text(name) for name in kept} if posted else kept,
        problems=problems or {},
        kept=visit.is_after("kept"),
    )
