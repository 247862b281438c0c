"""Independent findings of one incident: one's own, sealed; all of them side by side once they are open (R51)."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.findings import keep_finding, set_aside_finding, submit_finding
from app.domain.errors import RefusedError
from app.domain.findings import findings_owed, findings_wanted, seen_by
from app.store.findings import findings_of
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Commander, Reader, Triager
from app.web.posted import PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents/{incident_id}/work/findings")


@router.get("")
def findings(visit: Reader, incident_id: str) -> Response:
    """What this person may read of the findings."""
    return _page(visit, incident_id)


@router.post("")
def write_finding(visit: Triager, incident_id: str, posted: PostedForm) -> Response:
    """Keep one's own finding, or submit it."""
    words = posted.text("finding")
    command = submit_finding if posted.has("submit") else keep_finding
    try:
        with visit.transaction() as session:
            command(session, incident_id, words, by=visit.account, now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, words, error.problems)
    return visit.see_other(f"/admin/incidents/{incident_id}/work/findings?kept=1")


@router.post("/{finding_id}/removal")
def set_aside(visit: Commander, incident_id: str, finding_id: str) -> Response:
    """Wait no longer for one that was begun and not submitted."""
    try:
        with visit.transaction() as session:
            set_aside_finding(session, incident_id, finding_id, now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, None, error.problems)
    return visit.see_other(f"/admin/incidents/{incident_id}/work/findings")


def _page(
    visit: Visit, incident_id: str, words: str | None = None, problems: Mapping[str, str] | None = None
) -> Response:
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        found = findings_of(session, incident.id)
    seen = seen_by(found, visit.account.id)
    own = next((each for each in seen if each.is_own), None)
    return visit.page(
        "incidents/findings.html",
        status=422 if problems else 200,
        incident=incident,
        seen=seen,
        own=own,
        are_open=any(each.is_open for each in found),
        wanted=findings_wanted(incident.severity),
        owed=findings_owed(found, incident.severity),
        words_typed=words if words is not None else (own.words if own else ""),
        problems=problems or {},
        kept=visit.is_after("kept"),
    )
