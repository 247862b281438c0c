"""Incidents and planned work, their updates, and the report of what was learned."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.incident_records import edit_incident_update, hide_incident, save_report_draft
from app.commands.incidents import locked_incident, post_update
from app.commands.maintenance import locked_maintenance
from app.commands.maintenance_records import edit_maintenance_update, hide_maintenance
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage import Fields
from app.publish.statuspage_manage import ManagedObjects
from app.publish.wording import Record
from app.store.incidents import incident_details, the_incident
from app.store.maintenance import maintenance_details, the_maintenance
from app.web.manage.attended import check_may_go_on
from app.web.manage.bodies import PostedBody
from app.web.manage.call import AnyPage, Call, Paging, Poster, Reader, RetryKey, answer
from app.web.manage.description import gives, takes
from app.web.manage.incident_requests import AskedIncident, begin, go_on, go_on_with_work

INCIDENTS = "/pages/{page_id}/incidents"
INCIDENT = INCIDENTS + "/{incident_id}"
UPDATE = INCIDENT + "/incident_updates/{update_id}"
REPORT = INCIDENT + "/postmortem"

router = APIRouter(tags=["incidents"])


@router.get(INCIDENTS, responses=gives("Incident", is_list=True))
def list_incidents(call: Reader, paging: AnyPage, q: str = "") -> Response:
    """Incidents and planned work, newest first; `q` narrows them to those whose name, status or words hold it."""
    wanted = q.casefold().strip()
    return _list(call, paging, lambda record: not wanted or wanted in _words(record))


@router.get(INCIDENTS + "/unresolved", responses=gives("Incident", is_list=True))
def list_unresolved(call: Reader, paging: AnyPage) -> Response:
    """Incidents that members still wait for: investigating, identified, monitoring."""
    return _list(call, paging, lambda record: isinstance(record, Incident) and record.is_open)


@router.get(INCIDENTS + "/scheduled", responses=gives("Incident", is_list=True))
def list_scheduled(call: Reader, paging: AnyPage) -> Response:
    """Planned work that is ahead or going on."""
    return _list(call, paging, lambda record: record.status in _NOT_OVER)


@router.get(INCIDENTS + "/upcoming", responses=gives("Incident", is_list=True))
def list_upcoming(call: Reader, paging: AnyPage) -> Response:
    """Planned work that has not begun."""
    return _list(call, paging, lambda record: record.status is MaintenanceStatus.SCHEDULED)


@router.get(INCIDENTS + "/active_maintenance", responses=gives("Incident", is_list=True))
def list_active_maintenance(call: Reader, paging: AnyPage) -> Response:
    """Planned work that is going on now."""
    return _list(call, paging, lambda record: isinstance(record, Maintenance) and record.status.is_active)


@router.post(INCIDENTS, status_code=201, responses=gives("Incident", 201), openapi_extra=takes("incident"))
def create_incident(call: Poster, body: PostedBody, retry_key: RetryKey = "") -> Response:
    """Open an incident, plan work (with `scheduled_for`), or fill in the past (with `backfilled`).

    A promise of the next update that is not given is chosen by the rules and told in `next_update_at`.
    """
    asked = AskedIncident.read(call.fields(body, "incident"))
    record_id = call.once(retry_key, "", body, lambda session: begin(session, call, asked))
    return _one(call, record_id, 201)


@router.get(INCIDENT, responses=gives("Incident"))
def get_incident(call: Reader, incident_id: str) -> Response:
    """One incident or piece of planned work."""
    return _one(call, incident_id)


@router.patch(INCIDENT, responses=gives("Incident"), openapi_extra=takes("incident"))
@router.put(INCIDENT, responses=gives("Incident"), openapi_extra=takes("incident"))
def update_incident(call: Poster, incident_id: str, body: PostedBody, retry_key: RetryKey = "") -> Response:
    """Change it; a new status or body is said as an update."""
    asked = AskedIncident.read(call.fields(body, "incident"))
    record = _record(call.shown.now(), incident_id)
    return _one(call, call.once(retry_key, record.id, body, partial(_continue, call, record, asked)))


@router.delete(INCIDENT, responses=gives("Incident"))
def delete_incident(call: Poster, incident_id: str) -> Response:
    """Take it off the page; the rows and the audit log keep it. What was not sent yet is not sent."""
    snapshot = call.shown.now()
    record = _record(snapshot, incident_id)
    gone = _objects(call, snapshot, [record])
    with call.transaction() as session:
        hide = hide_incident if isinstance(record, Incident) else hide_maintenance
        hide(session, record.id, now=call.now)
    return answer(gone[0])


@router.patch(UPDATE, responses=gives("IncidentUpdate"), openapi_extra=takes("incident_update"))
@router.put(UPDATE, responses=gives("IncidentUpdate"), openapi_extra=takes("incident_update"))
def correct_update(call: Poster, incident_id: str, update_id: str, body: PostedBody) -> Response:
    """Correct the words of an update. Nobody is told again."""
    fields = call.fields(body, "incident_update")
    words = fields.text("body", "message")
    fields.refuse()
    if words is None:
        raise RefusedError({"body": "Give the new words of this update."})
    record = _record(call.shown.now(), incident_id)
    with call.transaction() as session:
        edit = edit_incident_update if isinstance(record, Incident) else edit_maintenance_update
        edit(session, record.id, update_id, words, now=call.now)
    said = _shown_record(call, record.id)["incident_updates"]
    return answer(next(item for item in said if item["id"] == update_id))


@router.get(REPORT, responses=gives("Postmortem"))
def get_postmortem(call: Reader, incident_id: str) -> Response:
    """The report of what was learned: the draft, and what was published."""
    return _report(call, incident_id)


@router.put(REPORT, responses=gives("Postmortem"), openapi_extra=takes("postmortem"))
def draft_postmortem(call: Poster, incident_id: str, body: PostedBody) -> Response:
    """Keep a draft of the report (`body_draft`)."""
    fields = call.fields(body, "postmortem")
    words = fields.text("body_draft", "body")
    fields.refuse()
    incident = _incident(call.shown.now(), incident_id)
    with call.transaction() as session:
        save_report_draft(session, incident.id, words or "", now=call.now)
    return _report(call, incident_id)


@router.delete(REPORT, responses=gives("Postmortem"))
def drop_postmortem(call: Poster, incident_id: str) -> Response:
    """Forget the draft. What was published stays published."""
    incident = _incident(call.shown.now(), incident_id)
    with call.transaction() as session:
        save_report_draft(session, incident.id, "", now=call.now)
    return _report(call, incident_id)


@router.put(REPORT + "/publish", responses=gives("Postmortem"), openapi_extra=takes("postmortem_publication"))
def publish_postmortem(call: Poster, incident_id: str, body: PostedBody) -> Response:
    """Say what was learned as the incident's next update; subscribers hear of it when `notify_subscribers` is true."""
    notify = bool(call.fields({"postmortem": {}, **body}, "postmortem").flag("notify_subscribers"))
    incident = _incident(call.shown.now(), incident_id)
    with call.transaction() as session:
        row = locked_incident(session, incident.id)
        words = row.details.get("report_draft", "")
        if not words:
            raise RefusedError({"body_draft": "There is no draft to publish."})
        draft = UpdateDraft(IncidentStatus.POSTMORTEM, body=words, notify=notify)
        check_may_go_on(session, call, draft, incident)
        post_update(session, incident.id, draft, now=call.now)
        save_report_draft(session, incident.id, "", now=call.now)
    return _report(call, incident_id)


def _continue(call: Call, record: Record, asked: AskedIncident, session: Session) -> str:
    """Go on from how the record stands once nobody else can change it."""
    if isinstance(record, Incident):
        locked_incident(session, record.id)
        go_on(session, call, the_incident(session, record.id) or record, asked)
    else:
        locked_maintenance(session, record.id)
        go_on_with_work(session, call, the_maintenance(session, record.id) or record, asked)
    return record.id


_NOT_OVER = frozenset(MaintenanceStatus) - {MaintenanceStatus.COMPLETED}


def _words(record: Record) -> str:
    return "\n".join([record.title, record.status.value, *(update.body for update in record.updates)]).casefold()


def _list(call: Call, paging: Paging, is_wanted: Callable[[Record], bool]) -> Response:
    snapshot = call.shown.now()
    records: list[Record] = [*filter(is_wanted, snapshot.incidents), *filter(is_wanted, snapshot.maintenances)]
    records.sort(key=lambda record: (record.created_at, record.number), reverse=True)
    return answer(_objects(call, snapshot, paging.of(records)))


def _one(call: Call, record_id: str, status: int = 200) -> Response:
    return answer(_shown_record(call, record_id), status)


def _shown_record(call: Call, record_id: str) -> Fields:
    snapshot = call.shown.now()
    return _objects(call, snapshot, [_record(snapshot, record_id)])[0]


def _objects(call: Call, snapshot: PublicSnapshot, records: Iterable[Record]) -> list[Fields]:
    listed = list(records)
    kept = _kept(call, [record.id for record in listed])
    objects = ManagedObjects(snapshot)
    return [objects.record(record, kept.get(record.id, {})) for record in listed]


def _kept(call: Call, ids: list[str]) -> dict[str, dict[str, Any]]:
    with call.parts.database.read() as session:
        return incident_details(session, ids) | maintenance_details(session, ids)


def _report(call: Call, incident_id: str) -> Response:
    snapshot = call.shown.now()
    incident = _incident(snapshot, incident_id)
    return answer(ManagedObjects(snapshot).report(incident, _kept(call, [incident.id])[incident.id]))


def _record(snapshot: PublicSnapshot, record_id: str) -> Record:
    records: list[Record] = [*snapshot.incidents, *snapshot.maintenances]
    found = next((record for record in records if record.id == record_id), None)
    if found is None:
        raise NotFoundError(f"There is no incident “{record_id[:40]}”.")
    return found


def _incident(snapshot: PublicSnapshot, incident_id: str) -> Incident:
    found = _record(snapshot, incident_id)
    if not isinstance(found, Incident):
        raise NotFoundError("Planned work has no report.")
    return found
