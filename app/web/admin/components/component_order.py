"""The order in which members read components, the headings they stand under, and what was retired."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.component_edits import create_group, move_component, move_group, remove_group, rename_group
from app.domain.errors import RefusedError
from app.store.components import component_groups, live_components, retired_components
from app.web.auth import Editor
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

ARRANGEMENT = "/admin/components/arrangement"
_STEPS = {"up": -1, "down": 1}

router = APIRouter(prefix="/admin/components")


@router.get("/arrangement")
def arrangement(visit: Editor) -> Response:
    """Every heading with its components, each with its way up and down; then the retired ones."""
    return _page(visit)


@router.post("/{slug}/place")
def place(visit: Editor, slug: str, posted: PostedForm) -> Response:
    """Put a component one place up or down."""
    return _do(visit, lambda session: move_component(session, slug, _step(posted), now=visit.now), f"#c-{slug}")


@router.post("/groups")
def add_group(visit: Editor, posted: PostedForm) -> Response:
    """Add a heading."""
    return _do(visit, lambda session: create_group(session, posted.text("name"), now=visit.now))


@router.post("/groups/{group}/name")
def name_group(visit: Editor, group: str, posted: PostedForm) -> Response:
    """Give a heading another name."""
    return _do(
        visit, lambda session: rename_group(session, group, posted.text("name"), now=visit.now), f"#g-{group}", group
    )


@router.post("/groups/{group}/place")
def place_group(visit: Editor, group: str, posted: PostedForm) -> Response:
    """Put a heading one place up or down."""
    return _do(visit, lambda session: move_group(session, group, _step(posted), now=visit.now), f"#g-{group}")


@router.post("/groups/{group}/removal")
def drop_group(visit: Editor, group: str) -> Response:
    """Take an empty heading away."""
    return _do(visit, lambda session: remove_group(session, group, now=visit.now), "", group)


def _step(posted: Posted) -> int:
    return _STEPS.get(posted.text("direction"), 0)


def _do(visit: Visit, act: Callable[[Session], None], anchor: str = "", group: str = "") -> Response:
    """Do it and show the page again; a refusal stands beside the group it is about, or at the new one."""
    try:
        with visit.transaction() as session:
            act(session)
    except RefusedError as error:
        words = " ".join(error.problems.values())
        return _page(visit, {group or "new": words}, said=_typed(visit, group))
    return visit.see_other(ARRANGEMENT + anchor)


def _typed(visit: Visit, group: str) -> Mapping[str, str]:
    posted: Posted | None = getattr(visit.request.state, "posted", None)
    return {group or "new": posted.text("name")} if posted and posted.has("name") else {}


def _page(visit: Visit, problems: Mapping[str, str] | None = None, said: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        listed, groups, retired = live_components(session), component_groups(session), retired_components(session)
    return visit.page(
        "components/arrangement.html",
        status=422 if problems else 200,
        groups=[(group, [item for item in listed if item.group == group.slug]) for group in groups],
        loose=[item for item in listed if item.group is None],
        retired=retired,
        problems=problems or {},
        said=said or {},
        saved=visit.request.query_params.get("saved", ""),
    )
