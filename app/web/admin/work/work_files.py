"""Logs and pictures of one incident: kept, given back to staff only, removed (R48)."""

from fastapi import APIRouter, UploadFile
from starlette.responses import Response

from app.commands.attachments import attach_file, remove_file
from app.domain.attachments import ATTACHMENT_MOST
from app.domain.errors import NotFoundError
from app.store.attachments import attachment_row
from app.web.admin.work.work_page import acted
from app.web.auth import Reader, Triager
from app.web.posted import Posted, PostedForm

router = APIRouter(prefix="/admin/incidents/{incident_id}/work/attachments")


@router.post("")
def attach(visit: Triager, incident_id: str, file: UploadFile | None = None) -> Response:
    """Keep one file."""
    name, content = (file.filename or "", file.file.read(ATTACHMENT_MOST + 1)) if file else ("", b"")
    return acted(
        visit,
        incident_id,
        Posted(),
        "files",
        lambda session: attach_file(session, incident_id, name, content, now=visit.now),
    )


@router.get("/{attachment_id}")
def attachment(visit: Reader, incident_id: str, attachment_id: str) -> Response:
    """One file, to be saved: a browser neither shows nor guesses at it."""
    with visit.database.read() as session:
        kept = attachment_row(session, incident_id, attachment_id)
        if kept is None:
            raise NotFoundError("There is no such file on this incident.")
        content, media_type, name = kept.content, kept.media_type, kept.name
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


@router.post("/{attachment_id}/removal")
def remove(visit: Triager, incident_id: str, attachment_id: str, posted: PostedForm) -> Response:
    """Remove a file that should not be here."""
    return acted(
        visit,
        incident_id,
        posted,
        "files",
        lambda session: remove_file(session, incident_id, attachment_id, now=visit.now),
    )
