"""To whom a finished report goes, who has read it, and the summary that members see (R62)."""

from collections.abc import Mapping

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.circulation import circulate, note_reading
from app.commands.incident_records import save_report_draft
from app.commands.incidents import post_update
from app.domain.accounts import Permission
from app.domain.circulation import outside_readers
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.report import Heading, Report, without_names
from app.store.circulation import readers_and_others
from app.store.incidents import incident_row
from app.store.report_facts import ReportFacts
from app.web.admin.learn.report import the_report
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Poster, Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents")


@router.get("/{incident_id}/circulation")
def circulation_page(visit: Reader, incident_id: str) -> Response:
    """The list, and the words for members."""
    return _page(visit, incident_id)


@router.post("/{incident_id}/circulation/readers")
def send(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Put people on the list and send them the report."""
    try:
        outside = outside_readers(posted.text("outside"))
        with visit.transaction() as session:
            number = circulate(session, visit.parts.vault, incident_id, posted.all("account"), outside, now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, problems=error.problems, typed={"outside": posted.text("outside")})
    return visit.see_other(f"/admin/incidents/{incident_id}/circulation?sent={number}")


@router.post("/{incident_id}/circulation/receipt")
def read(visit: Reader, incident_id: str) -> Response:
    """Say that one has read it."""
    with visit.transaction() as session:
        incident = existing_incident(session, incident_id)
        note_reading(session, incident.id, visit.account.id, now=visit.now)
    return visit.see_other(f"/admin/incidents/{incident_id}/circulation?read=1")


@router.post("/{incident_id}/circulation/summary")
def publish_summary(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Keep the summary for members, or publish it as what was learned."""
    words = posted.text("summary")
    try:
        with visit.transaction() as session:
            _keep_or_publish(session, visit, incident_id, posted)
    except RefusedError as error:
        problems = {"summary" if name == "body" else name: said for name, said in error.problems.items()}
        return _page(visit, incident_id, problems=problems, typed={"summary": words})
    done = "published" if posted.has("publish") else "kept"
    return visit.see_other(f"/admin/incidents/{incident_id}/circulation?{done}=1")


def _keep_or_publish(session: Session, visit: Visit, incident_id: str, posted: PostedForm) -> None:
    words = posted.text("summary")
    if not posted.has("publish"):
        save_report_draft(session, incident_id, words, now=visit.now)
        return
    draft = UpdateDraft(IncidentStatus.POSTMORTEM, body=words, notify=posted.text("notify") == "yes")
    version = posted.number("version")
    post_update(
        session, incident_id, draft, now=visit.now, author_id=visit.account.id, expected_version=version or None
    )
    save_report_draft(session, incident_id, "", now=visit.now)


def public_summary(report: Report, facts: ReportFacts) -> str:
    """What members might be told, from what stands in the report; teams and no persons (R45)."""
    unnamed = without_names(report, facts.teams)
    parts = (
        ("What happened", unnamed.section(Heading.EXPOSURE).words),
        ("Why", unnamed.section(Heading.CAUSE).words),
        ("What ended it", unnamed.section(Heading.RESOLUTION).words),
        ("What we change", unnamed.section(Heading.MITIGATION).words),
    )
    return "\n\n".join(f"{title}: {words}" for title, words in parts if words)


def _page(
    visit: Visit,
    incident_id: str,
    *,
    problems: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    with visit.database.read() as session:
        row = incident_row(session, incident_id)  # held, so that nothing below asks for it again
        incident, facts, report = the_report(session, visit, incident_id)
        readers, others = readers_and_others(session, visit.parts.vault, incident.id)
    kept = str(row.details.get("report_draft", "")) if row else ""
    published = next((each for each in reversed(incident.updates) if each.status is IncidentStatus.POSTMORTEM), None)
    return visit.page(
        "incidents/circulation.html",
        status=422 if problems else 200,
        incident=incident,
        finished_at=facts.standing.finished_at if facts.standing else None,
        readers=readers,
        others=others,
        mine=next((reader for reader in readers if reader.account_id == visit.account.id), None),
        published=published,
        typed={"summary": kept or public_summary(report, facts), "outside": ""} | dict(typed or {}),
        may_send=visit.may(Permission.POST),
        problems=problems or {},
        sent=visit.is_after("sent"),
        was_read=visit.is_after("read"),
        was_kept=visit.is_after("kept"),
        is_fresh=visit.is_after("published"),
        was_finished=visit.is_after("finished"),
    )
