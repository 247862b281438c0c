"""Seen before: past incidents that look like this one, and what was to be done about them (R65)."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.commands.repeats import mark_repeat
from app.domain.accounts import Permission
from app.domain.actions import digest, undone
from app.domain.errors import RefusedError
from app.domain.repeats import likenesses
from app.store.incidents import incident_row
from app.store.repeats import past_incidents, repeated
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Allow, Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents")

Triage = Annotated[Visit, Depends(Allow(Permission.TRIAGE))]


@router.get("/{incident_id}/past")
def past_page(visit: Reader, incident_id: str) -> Response:
    """What looks the same, the likest first."""
    return _page(visit, incident_id)


@router.post("/{incident_id}/past")
def mark(visit: Triage, incident_id: str, posted: PostedForm) -> Response:
    """Say that it repeats one of them, having seen what was to be done; or that it does not."""
    try:
        with visit.transaction() as session:
            mark_repeat(session, incident_id, posted.text("past"), posted.text("seen"), now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, problems=error.problems)
    return visit.see_other(f"/admin/incidents/{incident_id}/past?marked=1")


def _page(visit: Visit, incident_id: str, *, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        row = incident_row(session, incident_id)  # held, so that the next line asks for it no second time
        incident = existing_incident(session, incident_id)
        past_id = repeated(row) if row else ""
        past = past_incidents(session, incident.id)
        said = " ".join(f"{update.body} {update.headings.what_happened}" for update in incident.updates)
        slugs = [component.slug for component in incident.components]
        alike = likenesses(incident.title, slugs, said, past)
        old = next((each for each in past if each.id == past_id), None)
        known = {each.past.id: digest(each.past.actions) for each in alike}
    return visit.page(
        "incidents/past.html",
        status=422 if problems else 200,
        incident=incident,
        alike=[each for each in alike if each.past.id != past_id],
        seen=known,
        old=old,
        left_undone=undone(old.actions) if old else [],
        today=visit.now.astimezone(visit.zone).date(),
        may_mark=visit.may(Permission.TRIAGE),
        problems=problems or {},
        marked=visit.is_after("marked"),
    )
