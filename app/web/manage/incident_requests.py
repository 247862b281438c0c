"""What a program asks of an incident, and how that becomes what our commands know.

Statuspage's clients know neither our promise (R41) nor our headings (R31): what they leave out
follows from the rules and the graph, as in the console. To Statuspage planned work is an incident
with a window; here it is planned work.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from app.commands.incident_records import (
    IncidentEdit,
    PastIncident,
    backfill_incident,
    edit_incident,
)
from app.commands.incidents import IncidentDraft, open_incident, post_update, severity_from
from app.commands.maintenance import MaintenanceDraft, post_maintenance_update, schedule_maintenance, words_of_the_clock
from app.commands.maintenance_records import MaintenanceEdit, edit_maintenance
from app.domain.components import Component, ComponentStatus
from app.domain.composing import plain_words
from app.domain.errors import RefusedError
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.promises import suggested_promise
from app.domain.severity import Impact, Severity, Urgency, severity_of
from app.store.components import live_components
from app.web.manage.attended import check_may_go_on, check_may_say
from app.web.manage.call import Call
from app.web.manage.fields import Fields

Status = IncidentStatus | MaintenanceStatus


@dataclass(frozen=True, slots=True)
class AskedIncident:
    """The fields of an incident that were sent. None was not; `components` and `component_ids` hold ids."""

    name: str | None
    status: Status | None
    body: str | None
    impact: Impact | None
    component_ids: list[str] | None
    components: Mapping[str, ComponentStatus] | None
    deliver: bool | None
    next_update_at: datetime | None
    scheduled_for: datetime | None
    scheduled_until: datetime | None
    auto_start: bool | None
    auto_complete: bool | None
    backfilled: bool
    backfill_date: date | None
    metadata: dict[str, Any] | None

    @classmethod
    def read(cls, fields: Fields) -> "AskedIncident":
        """The fields as values. `message` is what older clients call `body`; `components` may be a list of ids.

        Raises:
            RefusedError: some of them cannot be.
        """
        only_ids = fields.is_list("components")
        asked = cls(
            name=fields.text("name"),
            status=_status(fields),
            body=fields.text("body", "message"),
            impact=fields.member("impact_override", Impact),
            component_ids=fields.texts("components" if only_ids else "component_ids"),
            components=None if only_ids else fields.choices("components", ComponentStatus),
            deliver=fields.flag("deliver_notifications"),
            next_update_at=fields.moment("next_update_at"),
            scheduled_for=fields.moment("scheduled_for"),
            scheduled_until=fields.moment("scheduled_until"),
            auto_start=fields.flag("scheduled_auto_in_progress"),
            auto_complete=fields.flag("scheduled_auto_completed"),
            backfilled=bool(fields.flag("backfilled")),
            backfill_date=fields.day("backfill_date"),
            metadata=fields.facts("metadata"),
        )
        fields.refuse()
        return asked

    @property
    def is_planned(self) -> bool:
        """Whether this is work with a window rather than something that went wrong."""
        return isinstance(self.status, MaintenanceStatus) or self.scheduled_for is not None


def begin(session: Session, call: Call, asked: AskedIncident) -> str:
    """Open an incident, enter one of the past, or plan work; its id.

    Raises:
        RefusedError: a rule of the command says no.
    """
    if asked.backfilled:
        return _backfill(session, call, asked)
    return _schedule(session, call, asked) if asked.is_planned else _open(session, call, asked)


def go_on(session: Session, call: Call, incident: Incident, asked: AskedIncident) -> None:
    """Change an incident's record; and when there is a new status, text or component state, say so.

    Raises:
        RefusedError: a rule of the command says no.
    """
    if isinstance(asked.status, MaintenanceStatus):
        raise RefusedError({"status": "This is no planned work; its status is investigating, identified and so on."})
    edit_incident(session, incident.id, IncidentEdit(asked.name, asked.impact, asked.metadata), now=call.now)
    states = _states(session, asked, {item.slug: item.status for item in incident.components})
    status = asked.status or incident.status
    is_news = bool(asked.body) or status is not incident.status
    if is_news or states:
        words = asked.body or plain_words(status)
        notify = is_news if asked.deliver is None else asked.deliver
        draft = _draft(call, asked, status, words, states, incident.urgency, notify=notify)
        check_may_go_on(session, call, draft, incident)
        post_update(session, incident.id, draft, now=call.now)


def go_on_with_work(session: Session, call: Call, work: Maintenance, asked: AskedIncident) -> None:
    """Change the record of planned work; and when there is a new status or text, say so.

    Raises:
        RefusedError: a rule of the command says no.
    """
    if isinstance(asked.status, IncidentStatus):
        raise RefusedError({"status": "This is planned work; its status is scheduled, in_progress and so on."})
    _check_same_components(session, work, asked)
    edit = MaintenanceEdit(
        title=asked.name,
        scheduled_for=asked.scheduled_for,
        scheduled_until=asked.scheduled_until,
        auto_start=asked.auto_start,
        auto_complete=asked.auto_complete,
        metadata=asked.metadata,
    )
    edit_maintenance(session, work.id, edit, now=call.now)
    status = asked.status or work.status
    if asked.body or status is not work.status:
        notify = True if asked.deliver is None else asked.deliver
        words = asked.body or words_of_the_clock(status)
        post_maintenance_update(session, work.id, status, words, notify=notify, now=call.now)


_OF_THE_CLOCK = frozenset({ComponentStatus.OPERATIONAL, ComponentStatus.UNDER_MAINTENANCE})


def _check_same_components(session: Session, work: Maintenance, asked: AskedIncident) -> None:
    """Planned work keeps its components, and their states follow its status: anything else is refused, not ignored."""
    if asked.component_ids is None and asked.components is None:
        return
    if set(_named(session, asked)) != {item.slug for item in work.components}:
        words = "The components of planned work stay as they were planned. Cancel it in the console and plan it anew."
        raise RefusedError({"components": words})
    if set((asked.components or {}).values()) - _OF_THE_CLOCK:
        raise RefusedError({"components": "Planned work closes its components. If one fails, open an incident."})


def _status(fields: Fields) -> Status | None:
    spelled = fields.text("status")
    known: dict[str, Status] = {member.value: member for kind in (IncidentStatus, MaintenanceStatus) for member in kind}
    if spelled and spelled not in known:
        fields.problems["status"] = f"“{spelled[:40]}” is not one of: {', '.join(known)}."
    return known.get(spelled or "")


def _open(session: Session, call: Call, asked: AskedIncident) -> str:
    states = _states(session, asked, {})
    severity = severity_of(asked.impact) if asked.impact else severity_from(session, states)
    urgency = call.organisation.urgency_of(severity)
    if severity is Severity.LOW:  # which claims a workaround (R5), and Statuspage's words have no place for one
        severity = Severity.MEDIUM
    status = asked.status if isinstance(asked.status, IncidentStatus) else IncidentStatus.INVESTIGATING
    title = asked.name or ""
    notify = True if asked.deliver is None else asked.deliver
    first = _draft(call, asked, status, asked.body or title, states, urgency, notify=notify)
    draft = IncidentDraft(title, first, severity=severity, urgency=urgency, impact=asked.impact)
    check_may_say(session, call, first, kind=draft.kind, severity=severity, urgency=urgency)
    incident = open_incident(session, draft, now=call.now)
    edit_incident(session, incident.id, IncidentEdit(impact=asked.impact, metadata=asked.metadata), now=call.now)
    return incident.id


def _draft(
    call: Call,
    asked: AskedIncident,
    status: IncidentStatus,
    words: str,
    states: Mapping[str, ComponentStatus],
    urgency: Urgency | None,
    *,
    notify: bool,
) -> UpdateDraft:
    """An update as a program means it, with the promise that the rules suggest unless it gives one."""
    due = suggested_promise(urgency or call.organisation.urgency_of(Severity.HIGH), call.now, call.organisation.day)
    return UpdateDraft(
        status=status,
        body=words,
        components=states,
        next_update_at=(asked.next_update_at or due) if status.is_open else None,
        notify=notify,
        override=f"Resolved by a program with the key “{call.key.name}”, unattended.",
    )


def _schedule(session: Session, call: Call, asked: AskedIncident) -> str:
    if asked.status not in (None, MaintenanceStatus.SCHEDULED):
        raise RefusedError({"status": "Planned work begins as scheduled."})
    if asked.scheduled_for is None or asked.scheduled_until is None:
        raise RefusedError({"scheduled_for": "Give both scheduled_for and scheduled_until."})
    draft = MaintenanceDraft(
        title=asked.name or "",
        body=asked.body or asked.name or "",
        components=_named(session, asked),
        scheduled_for=asked.scheduled_for,
        scheduled_until=asked.scheduled_until,
        auto_start=bool(asked.auto_start),
        auto_complete=bool(asked.auto_complete),
        notify=True if asked.deliver is None else asked.deliver,
    )
    work = schedule_maintenance(session, draft, now=call.now)
    edit_maintenance(session, work.id, MaintenanceEdit(metadata=asked.metadata), now=call.now)
    return work.id


def _backfill(session: Session, call: Call, asked: AskedIncident) -> str:
    if asked.backfill_date is None:
        raise RefusedError({"backfill_date": "Give the day on which it happened, like 2026-04-04."})
    draft = PastIncident(
        title=asked.name or "",
        body=asked.body or asked.name or "",
        on=asked.backfill_date,
        impact=asked.impact or Impact.NONE,
        components=_named(session, asked),
        metadata=asked.metadata,
    )
    return backfill_incident(session, draft, call.organisation, now=call.now).id


def _named(session: Session, asked: AskedIncident) -> list[str]:
    """The slugs of every component that the request names."""
    slugs = slugs_of(live_components(session), [*(asked.component_ids or ()), *(asked.components or ())])
    return list(slugs.values())


def _states(
    session: Session, asked: AskedIncident, current: Mapping[str, ComponentStatus]
) -> dict[str, ComponentStatus]:
    """What changes about components, by slug.

    A list of ids alone says which are concerned: those new to the incident join it as operational,
    those no longer listed are freed.
    """
    named = slugs_of(live_components(session), [*(asked.component_ids or ()), *(asked.components or ())])
    given = {named[component]: status for component, status in (asked.components or {}).items()}
    if asked.component_ids is not None:
        listed = [named[component] for component in asked.component_ids]
        freed = current.keys() - given.keys() - set(listed)
        given |= {slug: current.get(slug, ComponentStatus.OPERATIONAL) for slug in listed if slug not in given}
        given |= dict.fromkeys(sorted(freed), ComponentStatus.OPERATIONAL)
    return {slug: status for slug, status in given.items() if current.get(slug) is not status}


def slugs_of(components: Iterable[Component], wanted: Iterable[str]) -> dict[str, str]:
    """The slug of each wanted component, which may be named by its id or by its slug.

    Raises:
        RefusedError: one of them is no component of the page (field "components").
    """
    known: dict[str, str] = {}
    for component in components:
        known |= {component.id: component.slug, component.slug: component.slug}
    listed = list(wanted)
    unknown = ", ".join(f"“{name[:40]}”" for name in listed if name not in known)
    if unknown:
        raise RefusedError({"components": f"There is no component {unknown[:300]}."})
    return {name: known[name] for name in listed}
