"""What fills the slots of a message: the facts of one notice as one language tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain.components import Component, ComponentStatus, worst_status
from app.domain.composing import with_states
from app.domain.incidents import IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.message_templates import MessageEvent
from app.domain.reach import Reach, reach_of
from app.domain.severity import Kind
from app.publish.addresses import absolute, host, in_language, incident_path
from app.publish.language import Language, when
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import root_causes
from app.publish.ways_in import ways_in
from app.publish.wording import Record, Update

Content = Mapping[str, Any]
"""The fields of a notice as they were written with the update it tells of."""

_FINE = ComponentStatus.OPERATIONAL
_BACK = (IncidentStatus.MONITORING, IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)


@dataclass(frozen=True, slots=True)
class Facts:
    """One notice in one language.

    `affected` are the root causes; `doors` are running and need their direct sign-in; `working` can
    be used, the doors first.
    """

    content: Content
    snapshot: PublicSnapshot
    language: Language
    affected: tuple[Component, ...]
    doors: tuple[Component, ...]
    working: tuple[Component, ...]

    @property
    def said_at(self) -> datetime:
        """When the update was said; times are told as of then."""
        return datetime.fromisoformat(self.content["said_at"])

    def moment(self, field: str) -> datetime | None:
        """A moment of the content, if it has one."""
        stated = self.content.get(field)
        return datetime.fromisoformat(stated) if stated else None

    def told(self, field: str) -> str:
        """A moment of the content as members read it, or nothing."""
        moment = self.moment(field)
        return when(moment, self.language, self.said_at, with_zone=False) if moment else ""


def facts_of(content: Content, snapshot: PublicSnapshot, code: str) -> Facts:
    """Read what a notice carries against the graph, with everything as it stood when it was said.

    Whenever and wherever it is read, the same notice gives the same words: by its words a text is
    found again in the provider's log.
    """
    snapshot = _as_it_stood(content, snapshot)
    language = Language(code, snapshot.organisation.zone)
    places = ways_in(snapshot, language)
    affected = _affected(content, snapshot, code)
    slugs = {component.slug for component in affected}
    # Another outage may have shut other doors; only those that this one shut belong into its words.
    shut = {slug for slug, way in reach_of(snapshot.components, slugs).items() if way.reach is Reach.ANOTHER_DOOR}
    doors = tuple(door.component for door in places.doors if door.component.slug in shut - slugs)
    others = (*places.unaffected, *(door.component for door in places.spare_doors))
    working = (*doors, *(item for item in others if item.slug not in slugs))
    return Facts(content, snapshot, language, affected, doors, working)


def _as_it_stood(content: Content, snapshot: PublicSnapshot) -> PublicSnapshot:
    """The snapshot with the states that records gave to components until the notice was written."""
    at = datetime.fromisoformat(content["said_at"])
    records: tuple[Record, ...] = (*snapshot.incidents, *snapshot.maintenances)
    given = [_given_until(at, record) for record in records]
    given.append({item["slug"]: ComponentStatus(item["new"]) for item in content["components"]})
    states: dict[str, ComponentStatus] = {}
    for slug, status in (pair for states_of_record in given for pair in states_of_record.items()):
        states[slug] = worst_status((status, states.get(slug, status)))
    return replace(
        snapshot, components=with_states(snapshot.components, dict.fromkeys(snapshot.by_slug, _FINE) | states)
    )


def _given_until(at: datetime, record: Record) -> dict[str, ComponentStatus]:
    """What a record said about components until that moment; nothing when it was over by then."""
    said: list[Update] = [update for update in record.updates if update.said_at <= at]
    if not said or not _is_going_on(said[-1]):
        return {}
    return {change.slug: change.new for update in said for change in update.changes}


def _is_going_on(update: Update) -> bool:
    status = update.status
    return status.is_open if isinstance(status, IncidentStatus) else status.is_active


def _affected(content: Content, snapshot: PublicSnapshot, code: str) -> tuple[Component, ...]:
    """The components of the record, without those that only follow another of them."""
    slugs = {item["slug"] for item in content["components"]} or _touched_before(content, snapshot)
    states = {slug: snapshot.by_slug[slug].status for slug in slugs if slug in snapshot.by_slug}
    return tuple(item.in_language(code) for item in root_causes(snapshot, states)) if states else ()


def _touched_before(content: Content, snapshot: PublicSnapshot) -> set[str]:
    """The components that earlier updates of the same record spoke of."""
    at = datetime.fromisoformat(content["said_at"])
    records: tuple[Record, ...] = (*snapshot.incidents, *snapshot.maintenances)
    updates: list[Update] = [said for item in records if item.id == content["id"] for said in item.updates]
    return {change.slug for update in updates if update.said_at <= at for change in update.changes}


def event_of(facts: Facts) -> str:
    """Which of the templates tells it: the one a person chose, or what follows from the facts."""
    content = facts.content
    chosen = content.get("event")
    if isinstance(chosen, str) and chosen:
        return chosen
    if content["kind"] == "maintenance":
        return _MAINTENANCE[MaintenanceStatus(content["status"])]
    status = IncidentStatus(content["status"])
    if status in _BACK:
        return _event_of_getting_better(status, facts)
    if content["kind"] == Kind.VENDOR_CLOSING and content.get("deadline_at"):
        return MessageEvent.VENDOR_CLOSING
    if not content["is_first"] and _was_over(facts):
        return "reopened"
    if facts.affected and _is_well(facts):
        return "isolated"
    return _event_of_trouble(status, facts)


_MAINTENANCE = {
    MaintenanceStatus.SCHEDULED: "maintenance_scheduled",
    MaintenanceStatus.IN_PROGRESS: "maintenance_started",
    MaintenanceStatus.VERIFYING: "maintenance_started",
    MaintenanceStatus.COMPLETED: "maintenance_completed",
}


def _event_of_getting_better(status: IncidentStatus, facts: Facts) -> str:
    if status is IncidentStatus.MONITORING:
        return "watching" if _is_well(facts) else "limited_service"
    return "resolved" if status is IncidentStatus.RESOLVED else "report"


def _event_of_trouble(status: IncidentStatus, facts: Facts) -> str:
    if facts.doors:
        return "sso_down_direct_links"
    if facts.content["is_first"] and status is IncidentStatus.INVESTIGATING:
        return "investigating"
    return "confirmed" if status is IncidentStatus.IDENTIFIED else "update"


def _is_well(facts: Facts) -> bool:
    return all(item.status is _FINE for item in facts.affected)


def _was_over(facts: Facts) -> bool:
    """Whether the update before this one had said that it was over."""
    record = next((item for item in facts.snapshot.incidents if item.id == facts.content["id"]), None)
    earlier = [item for item in record.updates if item.number < facts.content["update_number"]] if record else []
    return bool(earlier) and not earlier[-1].status.is_open


def slots_for(facts: Facts) -> dict[str, str]:
    """Every slot that a template may have; empty where there is nothing to say."""
    organisation, language = facts.snapshot.organisation, facts.language
    path = in_language(incident_path(facts.content["id"]), language.code)
    return {
        "who": organisation.short_name or organisation.name,
        "organisation": organisation.name,
        "title": facts.content["title"],
        "component": language.names([item.short_name for item in facts.affected]) or facts.content["title"],
        "works": language.names([item.short_name for item in facts.doors or facts.working]),
        "time": facts.told(_since(facts)),
        "next": facts.told("next_update_at"),
        "window": _window(facts),
        "until": facts.told("scheduled_until"),
        "deadline": _deadline(facts),
        "url": host(facts.snapshot.public_url),
        "page": absolute(facts.snapshot.public_url, path),
    }


def _since(facts: Facts) -> str:
    """When it began, or for what is over or came back, when that was said."""
    if "started_at" not in facts.content:
        return "said_at"
    is_news = facts.content["status"] in _BACK or _was_over(facts)
    return "said_at" if is_news else "started_at"


def _deadline(facts: Facts) -> str:
    """Until when members have: the end of the relief that the update tells of, else the supplier's last day."""
    relief = facts.content.get("relief")
    if relief and event_of(facts) != MessageEvent.VENDOR_CLOSING:
        return when(datetime.fromisoformat(relief["ends_at"]), facts.language, facts.said_at, with_zone=False)
    return facts.told("deadline_at")


def _window(facts: Facts) -> str:
    """ "Sun 12:30 AM-3:00 AM CT"."""
    start, end, language = facts.moment("scheduled_for"), facts.moment("scheduled_until"), facts.language
    if start is None or end is None:
        return ""
    ends = language.time_and_zone(end) if _same_day(start, end, language) else when(end, language, facts.said_at)
    return f"{when(start, language, facts.said_at, with_zone=False)}-{ends}"


def _same_day(one: datetime, other: datetime, language: Language) -> bool:
    return language.local(one).date() == language.local(other).date()


def short_names(components: Sequence[Component], limit: int) -> str:
    """As many names as fit into so many characters, and how many more: "Contract forms, Showings +2"."""
    for most in range(len(components), 0, -1):
        more = f" +{len(components) - most}" if most < len(components) else ""
        names = ", ".join(item.short_name for item in components[:most]) + more
        if len(names) <= limit:
            return names
    return ""


def short_subject(components: Sequence[Component], limit: int) -> str:
    """The first name and how many more: "Member dashboard +1"; cut where even that is too long."""
    if not components:
        return ""
    more = f" +{len(components) - 1}" if len(components) > 1 else ""
    return components[0].short_name[: limit - len(more)].rstrip() + more
