"""The plan for when systems fail: read, changed, signed every year, and printed whole (R66, R68)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.commands.plan import drop_copy, mark_tested, note_copy, save_section, sign_plan
from app.domain.accounts import Permission
from app.domain.errors import NotFoundError, RefusedError
from app.domain.plan import LivePart, PlanSection, days_overdue
from app.publish.plan_paper import plan_paper
from app.publish.rescue import Bundle, as_html, as_pdf
from app.store.plan import plan_editions, plan_sections, printed_copies
from app.web.admin.forms import Reading
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Allow, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

PLAN = "/admin/plan"

Signer = Annotated[Visit, Depends(Allow(Permission.APPROVE))]

router = APIRouter(prefix=PLAN)


@router.get("")
def plan(visit: Reader) -> Response:
    """Its sections, who signed it last, and where copies lie."""
    return _page(visit)


@router.get("/paper.html")
def paper(visit: Reader) -> Response:
    """The whole plan as one page that needs no other: it can be kept and read offline."""
    return Response(
        as_html(_paper(visit)),
        media_type="text/html; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="plan-{_today(visit)}.html"'},
    )


@router.get("/paper.pdf")
def printed(visit: Reader) -> Response:
    """The same for the printer."""
    return Response(
        as_pdf(_paper(visit)),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="plan-{_today(visit)}.pdf"'},
    )


@router.post("/signature")
def sign(visit: Signer) -> Response:
    """Say that the plan was read and holds; the next review is due in a year."""
    with visit.transaction() as session:
        sign_plan(session, visit.account.name, _today(visit), now=visit.now)
    return visit.see_other(f"{PLAN}?saved=signature")


@router.post("/copies")
def add_copy(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Say that a printed copy of the newest version lies somewhere."""
    try:
        with visit.transaction() as session:
            editions = plan_editions(session)
            version = editions[0].version if editions else ""
            note_copy(session, posted.text("place"), version, _today(visit), now=visit.now)
    except RefusedError as error:
        return _page(visit, posted=posted, problems=error.problems)
    return visit.see_other(f"{PLAN}?saved=copy")


@router.post("/copies/removal")
def remove_copy(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Say that no copy lies there any more."""
    with visit.transaction() as session:
        drop_copy(session, posted.text("place"), now=visit.now)
    return visit.see_other(f"{PLAN}?saved=removed")


@router.get("/sections/{number}")
def section_page(visit: Reader, number: int) -> Response:
    """One section and its form."""
    return _section_page(visit, _section(visit, number))


@router.post("/sections")
def add_section(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Add a section after the last one."""
    with visit.database.read() as session:
        number = max((section.number for section in plan_sections(session)), default=0) + 1
    try:
        with visit.transaction() as session:
            save_section(session, PlanSection(number, posted.text("title"), posted.text("owner")), now=visit.now)
    except RefusedError as error:
        return _page(visit, posted=posted, problems=error.problems)
    return visit.see_other(f"{PLAN}/sections/{number}")


@router.post("/sections/{number}")
def change_section(visit: SettingsEditor, number: int, posted: PostedForm) -> Response:
    """Keep what was changed."""
    reading = Reading(visit.zone)
    live = reading.member("live", posted.text("live"), LivePart) or LivePart.NOTHING
    given = replace(
        _section(visit, number),
        title=posted.text("title"),
        owner=posted.text("owner"),
        words=posted.text("words"),
        live=live,
    )
    try:
        reading.refuse()
        with visit.transaction() as session:
            save_section(session, given, now=visit.now)
    except RefusedError as error:
        return _section_page(visit, given, problems=error.problems)
    return visit.see_other(f"{PLAN}/sections/{number}?saved=1")


@router.post("/sections/{number}/test")
def test_section(visit: SettingsEditor, number: int) -> Response:
    """Note that somebody tried this section today and it held."""
    _section(visit, number)
    with visit.transaction() as session:
        mark_tested(session, [number], _today(visit), now=visit.now)
    return visit.see_other(f"{PLAN}/sections/{number}?saved=1")


def _page(visit: Visit, *, posted: Posted | None = None, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        sections, editions, copies = plan_sections(session), plan_editions(session), printed_copies(session)
    today, newest = _today(visit), editions[0] if editions else None
    return visit.page(
        "prepare/plan.html",
        status=422 if problems else 200,
        sections=sections,
        editions=editions,
        newest=newest,
        overdue=days_overdue(newest, today),
        copies=copies,
        today=today,
        said=posted.text if posted else lambda _name: "",
        problems=problems or {},
        saved=visit.request.query_params.get("saved", ""),
    )


def _section_page(visit: Visit, section: PlanSection, *, problems: Mapping[str, str] | None = None) -> Response:
    return visit.page(
        "prepare/section.html",
        status=422 if problems else 200,
        section=section,
        today=_today(visit),
        parts_live=list(LivePart),
        problems=problems or {},
        saved=visit.is_after("saved"),
    )


def _section(visit: Visit, number: int) -> PlanSection:
    with visit.database.read() as session:
        found = [section for section in plan_sections(session) if section.number == number]
    if not found:
        raise NotFoundError("The plan has no such section.")
    return found[0]


def _paper(visit: Visit) -> Bundle:
    with visit.database.read() as session:
        return plan_paper(session, visit.parts.vault, visit.parts.public_url, now=visit.now)


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()
