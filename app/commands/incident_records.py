"""Correct the record of an incident without saying anything new: name, facts, old words, the report, the page.

Everything here leaves a note in the audit log, and nothing here tells a subscriber.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import components_named, locked_incident
from app.commands.notices import recall_what_is_held
from app.domain.audit import Subject, changed
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import RecordEdited, UpdatePosted
from app.domain.incidents import BODY_LIMIT, Incident, IncidentStatus, check_title
from app.domain.organisation import Organisation
from app.domain.severity import Impact, Kind, Severity, Urgency, severity_of
from app.domain.text import printable
from app.store.incidents import IncidentComponentRow, IncidentRow, IncidentUpdateRow, the_incident
from app.store.maintenance import MaintenanceRow
from app.store.outbox import record, take_numbers


@dataclass(frozen=True, slots=True)
class IncidentEdit:
    """What to change; None leaves it as it is. `impact` overrides what the severity stands for."""

    title: str | None = None
    impact: Impact | None = None
    metadata: Mapping[str, Any] | None = None


def edit_incident(session: Session, incident_id: str, edit: IncidentEdit, *, now: datetime) -> None:
    """Give an incident another name or impact, or keep a program's facts with it.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: no title, or one that is too long.
    """
    row = locked_incident(session, incident_id)
    before = _facts(row)
    if edit.title is not None:
        row.title = printable(edit.title).strip()
        check_title(row.title)
    if edit.impact is not None:
        row.impact = edit.impact
        row.details = row.details | {"impact_override": edit.impact.value}
    if edit.metadata is not None:
        row.details = row.details | {"metadata": dict(edit.metadata)}
    was, now_is = changed(before, _facts(row))
    if now_is:
        mark_edited(session, row, now)
        note(session, "incident.edited", Subject("incident", row.id), before=was, after=now_is, now=now)


def edit_incident_update(session: Session, incident_id: str, update_id: str, body: str, *, now: datetime) -> None:
    """Correct the words of an update. Who was told keeps the old ones; the page and the log show the new.

    Raises:
        NotFoundError: there is no such incident or update.
        RefusedError: no text, or too much.
    """
    row = locked_incident(session, incident_id)
    said = session.get(IncidentUpdateRow, update_id)
    if said is None or said.incident_id != row.id:
        raise NotFoundError(f"There is no update “{update_id[:40]}” on this incident.")
    body = checked_text(body)
    if body == said.body:
        return
    # A heading that was filled from the old words follows the new ones.
    said.what_happened = body if said.what_happened == said.body else said.what_happened
    before, said.body, said.updated_at = said.body, body, now
    mark_edited(session, row, now)
    subject = Subject("incident_update", said.id)
    note(session, "incident_update.edited", subject, before={"body": before}, after={"body": body}, now=now)


def hide_incident(session: Session, incident_id: str, *, now: datetime) -> None:
    """Take an incident off the page and out of history; what it held back is not sent. The rows stay.

    Raises:
        NotFoundError: there is no such incident.
    """
    row = locked_incident(session, incident_id)
    recall_what_is_held(session, row.id, now=now)
    mark_edited(session, row, now)
    row.hidden_at = now
    note(session, "incident.hidden", Subject("incident", row.id), before=_facts(row), now=now)


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident of a day that is over; `components` are slugs."""

    title: str
    body: str
    on: date
    impact: Impact = Impact.NONE
    components: Collection[str] = ()
    metadata: Mapping[str, Any] | None = None


def backfill_incident(session: Session, draft: PastIncident, organisation: Organisation, *, now: datetime) -> Incident:
    """Enter an incident of the past, already resolved, at noon of its day. Nobody is told.

    Raises:
        RefusedError: no title or text, an unknown component, or a day that has not ended.
    """
    at = organisation.day.moment(draft.on, time(12))
    if at > now:
        raise RefusedError({"backfill_date": "This day has not come yet. Only the past can be filled in."})
    cleaned = replace(draft, title=printable(draft.title).strip())
    row = _past_row(session, cleaned, organisation.urgency_of(severity_of(draft.impact)), at, now)
    session.add(row)
    session.flush()
    for component in components_named(session, draft.components).values():
        session.add(
            IncidentComponentRow(
                incident_id=row.id,
                component_id=component.id,
                status=ComponentStatus.OPERATIONAL,
                position=component.position,
            )
        )
    said = _past_words(session, row, checked_text(draft.body), at, now)
    record(session, UpdatePosted(incident_id=row.id, update_id=said.id, notify=False), now)
    note(session, "incident.backfilled", Subject("incident", row.id), after=_facts(row) | {"on": draft.on}, now=now)
    session.flush()
    return reloaded(session, row.id)


def save_report_draft(session: Session, incident_id: str, body: str, *, now: datetime) -> None:
    """Keep what was learned until it is published; an empty text forgets it.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: too much text.
    """
    row = locked_incident(session, incident_id)
    kept = {name: value for name, value in row.details.items() if not name.startswith("report_draft")}
    if body.strip():
        kept |= {"report_draft": checked_text(body), "report_draft_at": now.isoformat()}
    row.details = kept
    note(session, "incident.report_drafted", Subject("incident", row.id), after={"characters": len(body)}, now=now)


def checked_text(text: str) -> str:
    """Text for an update, trimmed and without signs that cannot be shown.

    Raises:
        RefusedError: none, or too much (field "body").
    """
    text = printable(text).strip()
    if not text:
        raise RefusedError({"body": "Say something: the update has no text."})
    if len(text) > BODY_LIMIT:
        raise RefusedError({"body": f"This text has {len(text):,} characters; the most is {BODY_LIMIT:,}."})
    return text


def reloaded(session: Session, incident_id: str) -> Incident:
    """The incident as it now stands.

    Raises:
        NotFoundError: there is no such incident.
    """
    incident = the_incident(session, incident_id)
    if incident is None:
        raise NotFoundError(f"There is no incident “{incident_id[:40]}”.")
    return incident


def _past_row(session: Session, draft: PastIncident, urgency: Urgency, at: datetime, now: datetime) -> IncidentRow:
    check_title(draft.title)
    severity: Severity = severity_of(draft.impact)
    return IncidentRow(
        number=take_numbers(session, "incident"),
        title=draft.title,
        kind=Kind.OUTAGE,
        severity=severity,
        urgency=urgency,
        impact=draft.impact,
        status=IncidentStatus.RESOLVED,
        started_at=at,
        resolved_at=at,
        created_at=at,
        updated_at=now,
        details={"metadata": dict(draft.metadata)} if draft.metadata else {},
    )


def _past_words(session: Session, row: IncidentRow, body: str, at: datetime, now: datetime) -> IncidentUpdateRow:
    said = IncidentUpdateRow(
        number=take_numbers(session, "update"),
        incident_id=row.id,
        position=0,
        status=IncidentStatus.RESOLVED,
        body=body,
        display_at=at,
        created_at=at,
        updated_at=now,
    )
    session.add(said)
    session.flush()
    return said


def mark_edited(session: Session, row: IncidentRow | MaintenanceRow, now: datetime) -> None:
    """Say that a record reads otherwise from now on: forms that were open are stale, and the page is printed anew."""
    row.version, row.updated_at = row.version + 1, now
    record(session, RecordEdited(row.id), now)


def _facts(row: IncidentRow) -> dict[str, object]:
    override, metadata = row.details.get("impact_override"), row.details.get("metadata")
    return {"title": row.title, "impact": row.impact, "impact_override": override, "metadata": metadata}
