"""The evidence of one incident, handed out to people who have just shown that it is them (R71)."""

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.audit import note
from app.domain.audit import Subject, verify
from app.domain.evidence import MANIFEST, digest_of
from app.publish.evidence import evidence_files, packed
from app.publish.language import Language
from app.store.actions import actions_of
from app.store.audit import chain, chain_head, entries_about
from app.store.timeline import timeline_of
from app.web.admin.learn.report import the_report
from app.web.auth import Exporter
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents")


@router.post("/{incident_id}/evidence")
def take_out(visit: Exporter, incident_id: str) -> Response:
    """One ZIP file. Its number is noted in the audit log before it leaves."""
    with visit.database.read() as session:
        files, found_id, reference = _files(session, visit, incident_id)
    digest = digest_of(files[MANIFEST])
    with visit.transaction() as session:
        facts = {"manifest": digest, "files": len(files)}
        note(session, "evidence.exported", Subject("incident", found_id), after=facts, now=visit.now)
    headers = {"Content-Disposition": f'attachment; filename="evidence-{reference}.zip"'}
    return Response(packed(files), media_type="application/zip", headers=headers)


def _files(session: Session, visit: Visit, incident_id: str) -> tuple[dict[str, bytes], str, str]:
    incident, _, report = the_report(session, visit, incident_id)
    subjects = [
        Subject("incident", incident.id),
        *(Subject("incident_update", update.id) for update in incident.updates),
        *(Subject("action", action.id) for action in actions_of(session, incident.id)),
    ]
    files = evidence_files(
        incident,
        timeline_of(session, incident.id),
        report,
        entries_about(session, subjects),
        verify(chain(session), chain_head(session)),
        language=Language("en", visit.zone),
        now=visit.now,
    )
    return files, incident.id, report.reference
