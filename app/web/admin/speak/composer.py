"""The one form in which an incident is opened and continued, and what it shows.

`Words` is the form as raw text, so that whatever was typed survives a refusal. `Composer` adds what
surrounds it: components, choices of a promise, and the words the graph would write by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app.domain.components import Component, ComponentGroup, ComponentStatus
from app.domain.composing import alone, how_to_reach, suggested_title, what_is_affected, with_states
from app.domain.event_words import EVENT_WORDS, EventWords, Filled
from app.domain.incidents import Incident, IncidentStatus
from app.domain.message_templates import MessageEvent
from app.domain.organisation import Organisation
from app.domain.promises import suggested_promise
from app.domain.severity import Kind, Severity, Urgency, default_urgency, suggested_severity
from app.web.admin.forms import member_of, moment_of
from app.web.posted import Posted, new_form_key

ANOTHER_TIME = "at"
"""The choice of a promise that is typed in, rather than one of those offered."""

FIRST_OFFER = "due"
"""What an empty form promises: whatever is due by the rules."""

CORRECTION = "correction"
"""The choice of an event that takes back what was wrong; it goes out at once and needs nobody else."""

_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PromiseChoice:
    """One offer for the next update. `value` is the moment itself: what was read is what is promised."""

    label: str
    at: datetime

    @property
    def value(self) -> str:
        """The moment as the form sends it."""
        return self.at.astimezone(UTC).isoformat()


_NOTHING = Filled("", "", "")


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in the form. `states` maps the slugs that are ticked to the state chosen for each.

    `event` is the kind of event whose words were asked for, `filled` what was filled in for it: text
    that still reads so may be filled anew. `done` and `next_step` are what is being done (R42). `empty_tonight` says
    that its writer has read that nobody is on duty tonight (R22). `override` is
    why it is resolved although listed checks have not passed (R54).
    """

    title: str = ""
    status: str = IncidentStatus.INVESTIGATING
    states: Mapping[str, str] = field(default_factory=dict)
    event: str = ""
    filled: Filled = _NOTHING
    what_happened: str = ""
    done: str = ""
    next_step: str = ""
    what_is_affected: str = ""
    how_to_reach: str = ""
    footnote: str = ""
    promise: str = FIRST_OFFER
    promise_at: str = ""
    notify: bool = True
    severity: str = ""
    kind: str = Kind.OUTAGE
    started_at: str = ""
    deadline_at: str = ""
    is_drill: bool = False
    may_surprise: bool = False
    override: str = ""
    empty_tonight: bool = False
    suspicion: str = ""

    @property
    def what_we_are_doing(self) -> str:
        """The heading that both parts make: what was done, then what comes next."""
        following = f"Next: {self.next_step}" if self.done and self.next_step else self.next_step
        return "\n\n".join(filter(None, (self.done, following)))


@dataclass(frozen=True, slots=True)
class Composer:
    """The form with everything around it. `key` makes pressing Publish twice publish once.

    `version` and `seen` say what the writer was looking at: the incident's version and the number
    of its newest update.
    """

    words: Words
    groups: Sequence[tuple[str, Sequence[Component]]]
    statuses: Sequence[IncidentStatus]
    promises: Sequence[PromiseChoice]
    affected_words: str
    reach_words: str
    title_words: str
    severity_guess: Severity
    key: str
    incident: Incident | None = None
    version: int = 0
    seen: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)
    kept_at: datetime | None = None
    urgency_defaults: Mapping[Severity, Urgency] = field(default_factory=dict)

    @property
    def ticked(self) -> list[Component]:
        """The components that stand in the form as failing, in the order of the page."""
        return [item for _, items in self.groups for item in items if item.slug in self.words.states]

    @property
    def is_blank(self) -> bool:
        """Whether the form of a new incident says nothing yet, so that there is nothing to preview."""
        words = self.words
        return not (self.incident or words.states or words.title or words.what_happened)

    @property
    def unknown(self) -> list[str]:
        """The slugs in the form that are no component of the page."""
        known = {item.slug for _, items in self.groups for item in items}
        return [slug for slug in self.words.states if slug not in known]

    @property
    def severity(self) -> Severity:
        """The incident's, the one chosen, or else the guess."""
        stated = self.incident.severity if self.incident else member_of(Severity, self.words.severity)
        return stated or self.severity_guess

    @property
    def urgency(self) -> Urgency:
        """How often members hear of it."""
        return (self.incident and self.incident.urgency) or self.urgency_defaults.get(
            self.severity, default_urgency(self.severity)
        )

    @property
    def events(self) -> list[tuple[str, str]]:
        """The kinds of event that fit here, each with what it is called."""
        return offered_events(self.incident)

    def refused(self, problems: Mapping[str, str]) -> "Composer":
        """The same form with a sentence beside each field that was not accepted, ready to be sent anew."""
        named = {"next_step" if name == "what_we_are_doing" else name: said for name, said in problems.items()}
        return replace(self, problems=named, key=new_form_key())

    def kept(self, version: int, seen: int, at: datetime) -> "Composer":
        """The same form with words that were being written at `at`, on what the writer was looking at then."""
        return replace(self, version=version, seen=seen, kept_at=at)


def blank_words(slugs: Iterable[str] = ()) -> Words:
    """An empty form for a new incident; `slugs` are ticked as down."""
    states = dict.fromkeys(slugs, ComponentStatus.MAJOR_OUTAGE.value)
    return Words(states=states, event=MessageEvent.INVESTIGATING)


def next_words(incident: Incident) -> Words:
    """An empty form for the next update: states and status as they stand.

    Of an incident that is over, the states from before its end, for the case that it is reopened.
    """
    states = _standing(incident) if incident.is_open else _before_the_end(incident)
    return Words(status=incident.status, states=states, event=offered_events(incident)[0][0])


def offered_events(incident: Incident | None) -> list[tuple[str, str]]:
    """The kinds of event that may open an incident, or continue this one."""
    found = [(event.value, words.label) for event, words in EVENT_WORDS.items() if _fits(event, words, incident)]
    if incident is None:
        return found
    return [(MessageEvent.UPDATE.value, "In my own words"), *found, (CORRECTION, "Disregard that")]


def _fits(event: MessageEvent, words: EventWords, incident: Incident | None) -> bool:
    if incident is None:
        return words.is_first and event is not MessageEvent.SSO_DOWN_DIRECT_LINKS  # follows from what is ticked
    if event in (MessageEvent.INVESTIGATING, MessageEvent.SSO_DOWN_DIRECT_LINKS, MessageEvent.VENDOR_CLOSING):
        return False
    if event is MessageEvent.DEADLINE_RELIEF:
        return incident.relief is not None
    return words.is_later and (event is MessageEvent.REOPENED) is not incident.is_open


def _standing(incident: Incident) -> dict[str, str]:
    failing = (item for item in incident.components if item.status is not ComponentStatus.OPERATIONAL)
    return {item.slug: item.status for item in failing}


def _before_the_end(incident: Incident) -> dict[str, str]:
    ends = [update for update in incident.updates if update.status is IncidentStatus.RESOLVED]
    changes = ends[-1].changes if ends else ()
    return {change.slug: change.old for change in changes if change.old is not ComponentStatus.OPERATIONAL}


def posted_words(posted: Posted) -> Words:
    """The form as it was sent."""
    return Words(
        title=posted.text("title"),
        status=posted.text("status"),
        states={slug: posted.text(f"state.{slug}") for slug in posted.all("components")},
        what_happened=posted.text("what_happened"),
        event=posted.text("event"),
        filled=Filled(posted.text("filled_happened"), posted.text("filled_done"), posted.text("filled_next")),
        done=posted.text("done"),
        next_step=posted.text("next_step"),
        what_is_affected=posted.text("what_is_affected"),
        how_to_reach=posted.text("how_to_reach"),
        footnote=posted.text("footnote"),
        promise=posted.text("promise"),
        promise_at=posted.text("promise_at"),
        notify=posted.text("notify") != "no",
        severity=posted.text("severity"),
        kind=posted.text("kind"),
        started_at=posted.text("started_at"),
        deadline_at=posted.text("deadline_at"),
        is_drill=posted.has("is_drill"),
        may_surprise=posted.has("may_surprise"),
        override=posted.text("override"),
        empty_tonight=posted.has("empty_tonight"),
        suspicion=posted.text("suspicion"),
    )


def compose(
    words: Words,
    organisation: Organisation,
    components: Sequence[Component],
    groups: Sequence[ComponentGroup],
    *,
    now: datetime,
    incident: Incident | None = None,
) -> Composer:
    """The form around these words."""
    states = _known_states(words, components, incident)
    own = alone(components, states)
    severity = suggested_severity(own)
    choices = _with_chosen(
        words, promise_choices((incident and incident.urgency) or Urgency.URGENT, organisation, now), now
    )
    return Composer(
        words=replace(words, promise=choices[0].value) if words.promise == FIRST_OFFER else words,
        groups=grouped(components, groups),
        statuses=_statuses(incident),
        promises=choices,
        affected_words=what_is_affected(own),
        reach_words=how_to_reach(with_states(components, states)),
        title_words=suggested_title(components, states),
        severity_guess=severity,
        urgency_defaults=organisation.urgency_defaults,
        key=new_form_key(),
        incident=incident,
        version=incident.version if incident else 0,
        seen=incident.newest.number if incident and incident.newest else 0,
    )


def promise_choices(urgency: Urgency, organisation: Organisation, now: datetime) -> list[PromiseChoice]:
    """What is due by the rules first, then the quick ones, each moment once."""
    due = suggested_promise(urgency, now, organisation.day)
    end_of_day = suggested_promise(Urgency.MEDIUM, now, organisation.day)
    offers = (
        PromiseChoice("due", due),
        PromiseChoice("30 min", _rounded(now + timedelta(minutes=30))),
        PromiseChoice("1 hour", _rounded(now + timedelta(hours=1))),
        PromiseChoice("2 hours", _rounded(now + timedelta(hours=2))),
        PromiseChoice("end of day", end_of_day),
    )
    first: dict[datetime, PromiseChoice] = {}
    for offer in offers:
        first.setdefault(offer.at, offer)
    return list(first.values())


def _with_chosen(words: Words, choices: list[PromiseChoice], now: datetime) -> list[PromiseChoice]:
    """The offers, and the moment chosen from an earlier look at the form while it is still ahead."""
    chosen = moment_of(words.promise)
    if chosen is None or chosen <= now or any(choice.at == chosen for choice in choices):
        return choices
    return [PromiseChoice("as chosen", chosen), *choices]


def states_meant(words: Words, incident: Incident | None) -> dict[str, str]:
    """The state for each component as text: those ticked, and "working" for those no longer ticked."""
    freed = {item.slug: ComponentStatus.OPERATIONAL.value for item in incident.components} if incident else {}
    return freed | {slug: state or ComponentStatus.MAJOR_OUTAGE.value for slug, state in words.states.items()}


def grouped(components: Sequence[Component], groups: Sequence[ComponentGroup]) -> list[tuple[str, list[Component]]]:
    """Components under the headings of the page; those without one come last."""
    named = [(group.name, [item for item in components if item.group == group.slug]) for group in groups]
    rest = [item for item in components if item.group is None]
    return [(name, items) for name, items in [*named, ("Other", rest)] if items]


def _known_states(
    words: Words, components: Sequence[Component], incident: Incident | None
) -> dict[str, ComponentStatus]:
    """The states that make sense, for a preview; what does not is refused when it is published."""
    slugs = {item.slug for item in components}
    read = {slug: member_of(ComponentStatus, state) for slug, state in states_meant(words, incident).items()}
    return {slug: state for slug, state in read.items() if state is not None and slug in slugs}


def _statuses(incident: Incident | None) -> list[IncidentStatus]:
    """What the incident can become next."""
    steps = [IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING]
    if incident is None:
        return steps
    if incident.is_open:
        return [*steps, IncidentStatus.RESOLVED]
    return [IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM, *steps[:2]]


def _rounded(moment: datetime) -> datetime:
    """The next full five minutes."""
    seconds = _STEP.total_seconds()
    return datetime.fromtimestamp(-(-moment.timestamp() // seconds) * seconds, UTC)
