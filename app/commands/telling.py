"""The notice of an update: what it carries, whom it concerns, how urgent it is, and until when."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from app.commands.notices import say_to_subscribers, worst_so_far
from app.domain.channels import Programme
from app.domain.components import Component, ComponentStatus
from app.domain.message_templates import MessageEvent
from app.domain.notices import Priority, maintenance_deadline, outage_deadline
from app.store.components import live_components
from app.store.incidents import IncidentRow, IncidentUpdateRow
from app.store.maintenance import MaintenanceRow, MaintenanceUpdateRow
from app.store.outbox import OutboxRow


def tell_of_incident(
    session: Session,
    event: OutboxRow,
    row: IncidentRow,
    said: IncidentUpdateRow,
    components: Sequence[Component],
    now: datetime,
    *,
    message: MessageEvent | None = None,
) -> None:
    """The notice of an incident's update, in the update's own transaction.

    `message` picks its words where they do not follow from the facts.
    """
    session.flush()
    changes = session.exec(select(IncidentUpdateRow.changes).where(IncidentUpdateRow.incident_id == row.id))
    say_to_subscribers(
        session,
        event,
        subject={"incident_id": row.id},
        programme=Programme.OUTAGES,
        priority=Priority.URGENT,
        content=incident_content(row, said, message),
        components=components,
        changed=worst_so_far([change for of_update in changes for change in of_update]),
        is_drill=row.is_drill,
        expires_at=outage_deadline(now, said.next_update_at),
        now=now,
    )


def tell_of_maintenance(
    session: Session,
    event: OutboxRow,
    row: MaintenanceRow,
    said: MaintenanceUpdateRow,
    now: datetime,
    *,
    message: MessageEvent | None = None,
) -> None:
    """The notice of planned work's update: bulk, because nobody is waiting for it.

    `message` picks its words where they do not follow from the status: moved, extended, cancelled.
    """
    slugs = [change["slug"] for change in said.changes]
    say_to_subscribers(
        session,
        event,
        subject={"maintenance_id": row.id},
        programme=Programme.MAINTENANCE,
        priority=Priority.BULK,
        content=maintenance_content(row, said, message),
        components=live_components(session),
        changed=dict.fromkeys(slugs, ComponentStatus.UNDER_MAINTENANCE),
        expires_at=maintenance_deadline(now, row.scheduled_until),
        now=now,
    )


def _chosen(row: IncidentRow, message: MessageEvent | None) -> dict[str, object]:
    """What no field of the update says: the words that were picked, and that all of it is a drill."""
    chosen: dict[str, object] = {"event": message.value} if message else {}
    return chosen | ({"is_drill": True} if row.is_drill else {})


def incident_content(row: IncidentRow, said: IncidentUpdateRow, message: MessageEvent | None) -> dict[str, object]:
    """What the notice of an incident's update carries."""
    stated = {
        "kind": row.kind,
        "severity": row.severity,
        "started_at": row.started_at.isoformat(),
        "what_happened": said.what_happened,
        "what_we_are_doing": said.what_we_are_doing,
        "what_is_affected": said.what_is_affected,
        "how_to_reach": said.how_to_reach,
        "footnote": said.footnote,
        "relief": row.relief,
        "deadline_at": row.details.get("deadline_at"),
    }
    return stated | _content(row, said) | _chosen(row, message)


def maintenance_content(
    row: MaintenanceRow, said: MaintenanceUpdateRow, message: MessageEvent | None
) -> dict[str, object]:
    """What the notice of planned work's update carries."""
    stated = {
        "kind": "maintenance",
        "scheduled_for": row.scheduled_for.isoformat(),
        "scheduled_until": row.scheduled_until.isoformat(),
    }
    return stated | _content(row, said) | ({"event": message.value} if message else {})


def _content(row: IncidentRow | MaintenanceRow, said: IncidentUpdateRow | MaintenanceUpdateRow) -> dict[str, object]:
    """What every message may say: the fields of the update as they stood when it was posted."""
    return {
        "id": row.id,
        "reference": row.reference,
        "title": row.title,
        "status": said.status,
        "body": said.body,
        "update_id": said.id,
        "update_number": said.number,
        "is_first": said.position == 0,
        "said_at": (said.display_at or said.created_at).isoformat(),
        "next_update_at": said.next_update_at.isoformat() if said.next_update_at else None,
        "components": [
            {"slug": change["slug"], "name": change["name"], "old": change["old"], "new": change["new"]}
            for change in said.changes
        ],
    }
