"""Known issues: the list, its search, and the form to change one (R48)."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.known_issues import retire_known_issue, save_known_issue
from app.domain.errors import RefusedError
from app.domain.known_issues import TITLE_MOST, search
from app.store.components import live_components
from app.store.known_issues import known_issues
from app.web.auth import Editor, Reader
from app.web.posted import Posted, PostedForm, clean
from app.web.visit import Visit

ISSUES = "/admin/known-issues"

router = APIRouter(prefix=ISSUES)


@router.get("")
def issues(visit: Reader, search: str = "", key: str = "") -> Response:
    """Those in which every word of the search begins some word; `key` opens the form on one of them."""
    return _page(visit, looked_for=clean(search).strip()[:TITLE_MOST], key=key)


@router.post("")
def save(visit: Editor, posted: PostedForm) -> Response:
    """Write one down, or change it."""
    try:
        with visit.transaction() as session:
            row = save_known_issue(
                session,
                posted.text("key"),
                posted.text("title"),
                posted.text("workaround"),
                posted.all("components"),
                now=visit.now,
            )
            path = f"{ISSUES}?kept=1#{row.key}"
    except RefusedError as error:
        return _page(visit, posted=posted, problems=error.problems)
    return visit.see_other(path)


@router.post("/{key}/retirement")
def retire(visit: Editor, key: str) -> Response:
    """Say that one is gone."""
    with visit.transaction() as session:
        retire_known_issue(session, key, now=visit.now)
    return visit.see_other(f"{ISSUES}?kept=1")


def _page(
    visit: Visit,
    *,
    looked_for: str = "",
    key: str = "",
    posted: Posted | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    with visit.database.read() as session:
        every, components = known_issues(session), live_components(session)
    chosen = next((issue for issue in every if issue.key == key), None)
    return visit.page(
        "known_issues.html",
        status=422 if problems else 200,
        issues=search(every, looked_for) if looked_for else every,
        looked_for=looked_for,
        components=components,
        names={item.slug: item.short_name for item in components},
        said=_said(posted, key, chosen),
        is_new=chosen is None,
        problems=problems or {},
        kept=visit.is_after("kept"),
    )


def _said(posted: Posted | None, key: str, chosen: object) -> dict[str, object]:
    """What stands in the form: what was typed, the one that is opened, or nothing."""
    if posted is not None:
        typed = {name: posted.text(name) for name in ("key", "title", "workaround")}
        return typed | {"components": posted.all("components")}
    names = ("title", "workaround", "components")
    empty: dict[str, object] = {"title": "", "workaround": "", "components": ()}
    return {"key": key if chosen else ""} | (
        empty if chosen is None else {name: getattr(chosen, name) for name in names}
    )
