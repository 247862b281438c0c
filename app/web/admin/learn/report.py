"""The report after an incident: read, written part by part, finished, taken away as paper or Markdown (R60, R61)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.report import due_day, finish_report, save_words, tick_page
from app.domain.accounts import Permission
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import Incident
from app.domain.packs import unanswered
from app.domain.report import Heading, Report
from app.publish.language import Language
from app.publish.report import as_markdown, as_paper, report_of
from app.store.incidents import incident_row
from app.store.report_facts import ReportFacts, report_facts
from app.store.timeline import timeline_of
from app.web.admin.forms import member_of
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Poster, Reader
from app.web.posted import PostedForm
from app.web.visit import Visit, is_fragment

router = APIRouter(prefix="/admin/incidents")


@dataclass(frozen=True, slots=True)
class Page:
    """Another document that may have to change because of an incident (R61)."""

    key: str
    words: str
    path: str


@router.get("/{incident_id}/report")
def report_page(visit: Reader, incident_id: str) -> Response:
    """The report as the record and what was written make it."""
    return _page(visit, incident_id)


@router.get("/{incident_id}/report.pdf")
def report_on_paper(visit: Reader, incident_id: str) -> Response:
    """The report as a PDF."""
    with visit.database.read() as session:
        _, _, report = the_report(session, visit, incident_id)
    paper = as_paper(report, Language("en", visit.zone), visit.now)
    return _file(paper, "application/pdf", f"report-{report.reference}.pdf")


@router.get("/{incident_id}/report.md")
def report_as_markdown(visit: Reader, incident_id: str) -> Response:
    """The report as Markdown."""
    with visit.database.read() as session:
        _, _, report = the_report(session, visit, incident_id)
    text = as_markdown(report, Language("en", visit.zone))
    return _file(text.encode(), "text/markdown; charset=utf-8", f"report-{report.reference}.md")


@router.post("/{incident_id}/report/sections/{heading}")
def write_section(visit: Poster, incident_id: str, heading: str, posted: PostedForm) -> Response:
    """Keep what is written under one heading; script does it while one types."""
    chosen = member_of(Heading, heading)
    if chosen is None:
        raise NotFoundError("A report has no such heading.")
    try:
        with visit.transaction() as session:
            save_words(session, incident_id, chosen, posted.text("words"), now=visit.now)
    except RefusedError as error:
        if is_fragment(visit.request):
            return visit.page("incidents/_written.html", status=422, problem=str(error), heading=chosen)
        return _page(visit, incident_id, problems=error.problems, typed={chosen.value: posted.text("words")})
    if is_fragment(visit.request):
        return visit.page("incidents/_written.html", problem="", heading=chosen)
    return visit.see_other(f"/admin/incidents/{incident_id}/report?written=1#{chosen.value}")


@router.post("/{incident_id}/report/pages")
def tick(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Note that another document was looked at, or not after all."""
    with visit.transaction() as session:
        known = {page.key for page in pages_to_touch(existing_incident(session, incident_id))}
        if posted.text("page") not in known:
            raise NotFoundError("This is no document of this report.")
        tick_page(session, incident_id, posted.text("page"), is_done=posted.text("done") == "yes", now=visit.now)
    return visit.see_other(f"/admin/incidents/{incident_id}/report#pages")


@router.post("/{incident_id}/report/completion")
def finish(visit: Poster, incident_id: str) -> Response:
    """Say that the report is whole, or show what it lacks."""
    try:
        with visit.transaction() as session:
            _, _, report = the_report(session, visit, incident_id)
            finish_report(session, report, incident_id, now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, problems=error.problems)
    return visit.see_other(f"/admin/incidents/{incident_id}/circulation?finished=1")


def the_report(session: Session, visit: Visit, incident_id: str) -> tuple[Incident, ReportFacts, Report]:
    """An incident, what stands around its report, and the report.

    Raises:
        NotFoundError: there is no such incident.
    """
    row = incident_row(session, incident_id)  # held, so that the next line asks for it no second time
    incident = existing_incident(session, incident_id)
    detected_by = str(row.details.get("detected_by", "")) if row else ""
    facts, course = report_facts(session, incident.id), timeline_of(session, incident.id)
    return incident, facts, report_of(incident, course, facts, Language("en", visit.zone), detected_by)


def pages_to_touch(incident: Incident) -> list[Page]:
    """The other documents that an incident may have proved wrong."""
    parts = [
        Page(
            f"component:{item.slug}",
            f"{item.name}: workaround, questions, direct link",
            f"/admin/components/{item.slug}",
        )
        for item in incident.components
    ]
    return [
        *parts,
        Page("checks", "Checks: does one notice this next time?", "/admin/checks"),
        Page("known_issues", "Known issues: is this one among them, with its workaround?", "/admin/known-issues"),
        Page("runbook", "Runbook of the switch: were its steps right?", "/admin/failover"),
        Page("plan", "Disaster plan: did it say what to do?", "/admin/plan"),
        Page("words", "Message words: did the texts say what members needed?", "/admin/templates"),
    ]


def _page(
    visit: Visit,
    incident_id: str,
    *,
    problems: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    with visit.database.read() as session:
        incident, facts, report = the_report(session, visit, incident_id)
        due_on = facts.standing.due_on if facts.standing else None
        if due_on is None and incident.resolved_at is not None:
            due_on = due_day(session, visit.organisation, incident.resolved_at)
    today = visit.now.astimezone(visit.zone).date()
    finished_at = facts.standing.finished_at if facts.standing else None
    return visit.page(
        "incidents/report.html",
        status=422 if problems else 200,
        incident=incident,
        report=report,
        due_on=due_on,
        finished_at=finished_at,
        is_overdue=bool(due_on and due_on < today and not finished_at),
        days_late=_days_late(visit, facts),
        saved_at=facts.standing.saved_at if facts.standing else None,
        pages=_ticked(pages_to_touch(incident), facts),
        missing=unanswered(facts.packs, facts.answers),
        may_write=visit.may(Permission.POST) and incident.resolved_at is not None,
        typed=typed or {},
        problems=problems or {},
        written=visit.is_after("written"),
    )


def _days_late(visit: Visit, facts: ReportFacts) -> int:
    """By how many days a finished report came late."""
    standing = facts.standing
    if standing is None or standing.finished_at is None:
        return 0
    return max(0, (standing.finished_at.astimezone(visit.zone).date() - standing.due_on).days)


def _ticked(pages: Sequence[Page], facts: ReportFacts) -> list[tuple[Page, bool]]:
    done = facts.standing.pages if facts.standing else {}
    return [(page, page.key in done) for page in pages]


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
