"""Incidents and their updates: states, reopening, downtime (R41, R43, R56)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.components import ComponentStatus, worst_status
from app.domain.errors import RefusedError
from app.domain.message_templates import MessageEvent
from app.domain.severity import Impact, Kind, Severity, Urgency
from app.domain.stages import Fix, Stage
from app.domain.text import printable

BODY_LIMIT = 25_000
"""Characters in one update's text; Statuspage's own limit."""

TITLE_LIMIT = 200


class IncidentStatus(StrEnum):
    """Statuspage's incident states. Reopening is an update that leaves `resolved` again."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"

    @property
    def is_open(self) -> bool:
        """Whether members are still waiting for an answer."""
        return self not in (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """What one update said about one component: its status before and after."""

    slug: str
    name: str
    old: ComponentStatus
    new: ComponentStatus


@dataclass(frozen=True, slots=True)
class Headings:
    """The four things members must be told (R31)."""

    what_happened: str = ""
    what_we_are_doing: str = ""
    what_is_affected: str = ""
    how_to_reach: str = ""

    def __bool__(self) -> bool:
        return any(self.as_tuple())

    def as_tuple(self) -> tuple[str, str, str, str]:
        """The four texts in the order in which they are read."""
        return (self.what_happened, self.what_we_are_doing, self.what_is_affected, self.how_to_reach)


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    """One thing that was said, and what it said about components.

    `number` grows over the whole installation and never repeats: it is the update's identity in
    feeds. `display_at` is None where an imported record does not say when. `next_update_at` is
    the promise (R41).
    """

    id: str
    number: int
    status: IncidentStatus
    body: str
    created_at: datetime
    updated_at: datetime
    display_at: datetime | None
    headings: Headings = Headings()
    footnote: str = ""
    next_update_at: datetime | None = None
    deliver_notifications: bool = False
    changes: tuple[ComponentChange, ...] = ()

    @property
    def said_at(self) -> datetime:
        """When it was said, or when we learned of it where that is unknown."""
        return self.display_at or self.created_at


@dataclass(frozen=True, slots=True)
class AffectedComponent:
    """A component with the state that the incident gives it now."""

    slug: str
    name: str
    status: ComponentStatus


@dataclass(frozen=True, slots=True)
class DeadlineRelief:
    """Deadlines that members need not meet while the outage lasts, and who said so."""

    starts_at: datetime
    ends_at: datetime
    rules: tuple[str, ...]
    authority: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident whole; `updates` oldest first, `version` for optimistic locking.

    `urgency_since` is when its urgency was last changed; None where it is the one it began with.
    `stage` is None for what was imported. Members were relieved at one time, the fault fixed at
    another (R56); `closed_at` is when nothing was owed any more (R58).
    """

    id: str
    number: int
    title: str
    kind: Kind
    impact: Impact
    status: IncidentStatus
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    version: int
    reference: str = ""
    severity: Severity | None = None
    urgency: Urgency | None = None
    monitoring_at: datetime | None = None
    resolved_at: datetime | None = None
    updates: tuple[IncidentUpdate, ...] = ()
    components: tuple[AffectedComponent, ...] = ()
    relief: DeadlineRelief | None = None
    source: str = ""
    defects: tuple[str, ...] = ()
    is_drill: bool = False
    urgency_since: datetime | None = None
    stage: Stage | None = None
    confirmed_at: datetime | None = None
    fix: Fix | None = None
    relieved_at: datetime | None = None
    fixed_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still needs updates."""
        return self.status.is_open

    @property
    def newest(self) -> IncidentUpdate | None:
        """The last thing that was said, if anything was."""
        return self.updates[-1] if self.updates else None

    @property
    def promised_at(self) -> datetime | None:
        """When members were told to expect the next word; None once it is resolved."""
        return self.newest.next_update_at if self.is_open and self.newest else None

    def is_late(self, now: datetime) -> bool:
        """Whether the promised time has passed without a word."""
        return self.promised_at is not None and now > self.promised_at

    @property
    def was_reopened(self) -> bool:
        """Whether it was called resolved before."""
        return len(periods(self)) > 1


def periods(incident: Incident) -> list[tuple[datetime, datetime | None]]:
    """The stretches during which it lasted: one, and one more for each reopening.

    The last one ends in None while the incident is open. Imported records that contradict
    themselves give an empty stretch rather than a negative one.
    """
    stretches: list[tuple[datetime, datetime | None]] = []
    began: datetime | None = incident.started_at
    for update in incident.updates:
        if began is not None and not update.status.is_open:
            stretches.append((began, max(began, update.said_at)))
            began = None
        elif began is None and update.status.is_open:
            began = update.said_at
    if began is not None:
        ended = incident.resolved_at
        stretches.append((began, None if ended is None else max(began, ended)))
    return stretches


def reopening(incident: Incident) -> IncidentUpdate | None:
    """The update with which it last came back; None where it never was over."""
    pairs = zip(incident.updates, incident.updates[1:], strict=False)
    back = [now for before, now in pairs if now.status.is_open and not before.status.is_open]
    return back[-1] if back else None


def downtime(incident: Incident, now: datetime) -> timedelta:
    """True elapsed time, summed over reopenings.

    Moments are aware UTC, so that a clock change neither adds nor loses an hour.
    """
    return sum(((ended or max(now, began)) - began for began, ended in periods(incident)), timedelta())


def component_states(incidents: Iterable[Incident]) -> dict[str, ComponentStatus]:
    """The worst state that any open incident gives each component, by slug."""
    found: dict[str, ComponentStatus] = {}
    for incident in incidents:
        if incident.is_open:
            for component in incident.components:
                found[component.slug] = worst_status((component.status, found.get(component.slug, component.status)))
    return found


@dataclass(frozen=True, slots=True)
class UpdateDraft:
    """What a person wants to say, before it is checked.

    `components` maps slugs to the state from now on; those not named keep theirs. `event` picks the
    words of the notice where they do not follow from the facts. `override` is why it is resolved although
    listed checks have not passed (R54); it is kept and never published.
    """

    status: IncidentStatus
    body: str = ""
    headings: Headings = Headings()
    components: Mapping[str, ComponentStatus] | None = None
    next_update_at: datetime | None = None
    footnote: str = ""
    notify: bool = True
    event: MessageEvent | None = None
    override: str = ""

    def cleaned(self) -> "UpdateDraft":
        """The same words, trimmed and without characters that cannot be shown."""
        headings = Headings(*(printable(text).strip() for text in self.headings.as_tuple()))
        return replace(
            self, body=printable(self.body).strip(), headings=headings, footnote=printable(self.footnote).strip()
        )


def check_update(draft: UpdateDraft, *, severity: Severity | None, now: datetime) -> None:
    """Refuse an update that would leave members worse informed.

    Raises:
        RefusedError: no text, text too long, an empty heading on a critical or high incident
            (R31), no promise on a non-final update (R41), or a promise in the past.
    """
    problems = _text_problems(draft)
    if draft.status.is_open:
        problems |= _promise_problems(draft.next_update_at, now)
        if severity in (Severity.CRITICAL, Severity.HIGH):
            problems |= _heading_problems(draft.headings)
    if problems:
        raise RefusedError(problems)


def _text_problems(draft: UpdateDraft) -> dict[str, str]:
    texts = {"body": draft.body, "footnote": draft.footnote} | dict(
        zip(HEADING_FIELDS, draft.headings.as_tuple(), strict=True)
    )
    problems = {
        name: f"This text has {len(text):,} characters; the most is {BODY_LIMIT:,}."
        for name, text in texts.items()
        if len(text) > BODY_LIMIT
    }
    if not draft.body.strip() and not draft.headings:
        problems["body"] = "Say something: the update has no text."
    return problems


HEADING_FIELDS: Sequence[str] = ("what_happened", "what_we_are_doing", "what_is_affected", "how_to_reach")

_HEADING_WORDS = {
    "what_happened": "what happened",
    "what_we_are_doing": "what is being done",
    "what_is_affected": "what is affected",
    "how_to_reach": "how to reach what still works",
}


def _heading_problems(headings: Headings) -> dict[str, str]:
    return {
        name: f"Members need to know {_HEADING_WORDS[name]}."
        for name, text in zip(HEADING_FIELDS, headings.as_tuple(), strict=True)
        if not text.strip()
    }


def _promise_problems(promised: datetime | None, now: datetime) -> dict[str, str]:
    if promised is None:
        return {"next_update_at": "Say when members will hear next."}
    if promised <= now:
        return {"next_update_at": "The next update is promised for a time that has already passed."}
    if promised > now + timedelta(days=14):
        return {"next_update_at": "The next update is promised for more than two weeks from now; choose a nearer time."}
    return {}


def check_title(title: str) -> None:
    """Refuse a title that says nothing or too much.

    Raises:
        RefusedError: it is empty, or over `TITLE_LIMIT` characters.
    """
    if not title:
        raise RefusedError({"title": "Give it a title that members will understand."})
    if len(title) > TITLE_LIMIT:
        raise RefusedError({"title": f"This title has {len(title)} characters; the most is {TITLE_LIMIT}."})


def check_times(started_at: datetime, resolved_at: datetime | None, now: datetime) -> None:
    """Refuse an incident that starts in the future or ends before it starts.

    Raises:
        RefusedError: either is so.
    """
    if started_at > now:
        raise RefusedError({"started_at": "An incident cannot start in the future; schedule maintenance instead."})
    if resolved_at is not None and resolved_at < started_at:
        raise RefusedError({"resolved_at": "It cannot be resolved before it started."})
