"""Statuspage's Manage API v1 as objects: what v2 says, and what only programs with a key are told.

Everything that both say comes from `app.publish.statuspage`, so that they never differ.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.components import ComponentGroup
from app.domain.incidents import Incident, IncidentUpdate
from app.domain.maintenance import Maintenance
from app.domain.uptime import Uptime
from app.publish.language import Language
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage import Api, Fields, moment_text, page_object
from app.publish.wording import Record, full_text

Kept = Mapping[str, Any]
"""What is kept of a record for programs alone: `metadata`, `impact_override`, `report_draft`, `report_draft_at`."""


class ManagedObjects:
    """The objects of one snapshot as v1 tells them."""

    def __init__(self, snapshot: PublicSnapshot) -> None:
        self._snapshot = snapshot
        self._api = Api(snapshot)

    def page(self) -> Fields:
        """The page: there is one."""
        organisation = self._snapshot.organisation
        return page_object(self._snapshot) | {
            "created_at": moment_text(organisation.created_at),
            "page_description": None,
            "domain": organisation.status_site or None,
        }

    def components(self) -> list[Fields]:
        """Components and groups as one flat list."""
        return [item | {"automation_email": None} for item in self._api.flat]

    def component(self, component_id: str) -> Fields | None:
        """One component; None when there is none, or when it is a group."""
        return next((item for item in self.components() if item["id"] == component_id and not item["group"]), None)

    def groups(self) -> list[Fields]:
        """The groups, in order."""
        return [self._group(group) for group in self._snapshot.groups]

    def _group(self, group: ComponentGroup) -> Fields:
        item = next(item for item in self._api.flat if item["id"] == group.id)
        wanted = ("id", "page_id", "name", "description", "components", "position", "created_at", "updated_at")
        return {name: item[name] for name in wanted}

    def record(self, record: Record, kept: Kept) -> Fields:
        """An incident or planned work, which to Statuspage is an incident too."""
        said = self._api.record(record)
        no_tweet = {"wants_twitter_update": False, "twitter_updated_at": None}
        updates = [item | no_tweet for item in said.pop("incident_updates")]
        plan = _plan(record) if isinstance(record, Maintenance) else _NO_PLAN
        return (
            said
            | {"incident_updates": updates, "impact_override": kept.get("impact_override")}
            | {"metadata": kept.get("metadata") or {}}
            | plan
            | self._report(record)
        )

    def report(self, incident: Incident, kept: Kept) -> Fields:
        """What was learned: as published, and as it waits to be."""
        said, drafted = _published(incident), kept.get("report_draft_at")
        body = self._text(said) if said else None
        return {
            "preview_key": None,
            "body": body,
            "body_updated_at": moment_text(said.updated_at) if said else None,
            "body_draft": kept.get("report_draft"),
            "body_draft_updated_at": moment_text(datetime.fromisoformat(drafted)) if drafted else None,
            "published_at": moment_text(said.said_at) if said else None,
            "notify_subscribers": said.deliver_notifications if said else False,
            "notify_twitter": False,
            "custom_tweet": None,
        }

    def _report(self, record: Record) -> Fields:
        said = _published(record) if isinstance(record, Incident) else None
        return {
            "postmortem_body": self._text(said) if said else None,
            "postmortem_body_last_updated_at": moment_text(said.updated_at) if said else None,
            "postmortem_ignored": False,
            "postmortem_notified_subscribers": said.deliver_notifications if said else False,
            "postmortem_notified_twitter": False,
            "postmortem_published_at": moment_text(said.said_at) if said else None,
        }

    def _text(self, update: IncidentUpdate) -> str:
        return full_text(update, Language("en", self._snapshot.organisation.zone))


def uptime_object(component: Fields, uptime: Uptime, *, with_events: bool) -> Fields:
    """How much of a stretch of time a component was there; outages in seconds."""
    fields: Fields = {
        "id": component["id"],
        "name": component["name"],
        "range_start": moment_text(uptime.starts_at),
        "range_end": moment_text(uptime.ends_at),
        "uptime_percentage": round(uptime.percentage, 2),
        "major_outage": int(uptime.major.total_seconds()),
        "partial_outage": int(uptime.partial.total_seconds()),
        "warnings": list[str](),
    }
    return fields | ({"related_events": {"incidents": list(uptime.incident_ids)}} if with_events else {})


_NO_PLAN: Fields = {
    "scheduled_for": None,
    "scheduled_until": None,
    "scheduled_remind_prior": False,
    "scheduled_reminded_at": None,
    "scheduled_auto_in_progress": False,
    "scheduled_auto_completed": False,
    "auto_transition_to_maintenance_state": False,
    "auto_transition_to_operational_state": False,
    "auto_transition_deliver_notifications_at_start": False,
    "auto_transition_deliver_notifications_at_end": False,
}


def _plan(work: Maintenance) -> Fields:
    """Our planned work closes and reopens its components, and tells members, whenever the clock moves it."""
    return _NO_PLAN | {
        "scheduled_for": moment_text(work.scheduled_for),
        "scheduled_until": moment_text(work.scheduled_until),
        "scheduled_auto_in_progress": work.auto_start,
        "scheduled_auto_completed": work.auto_complete,
        "auto_transition_to_maintenance_state": work.auto_start,
        "auto_transition_to_operational_state": work.auto_complete,
        "auto_transition_deliver_notifications_at_start": work.auto_start,
        "auto_transition_deliver_notifications_at_end": work.auto_complete,
    }


def _published(incident: Incident) -> IncidentUpdate | None:
    """The newest update that is the report of what was learned."""
    return next((update for update in incident.updates[::-1] if update.status.value == "postmortem"), None)
