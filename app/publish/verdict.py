"""The verdict: one sentence that answers "is it me?", and what stands behind it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain.components import Component, ComponentStatus, worst_status
from app.domain.incidents import Incident, IncidentStatus, periods
from app.domain.maintenance import Maintenance
from app.domain.severity import Impact
from app.publish.language import Language, when
from app.publish.snapshot import PublicSnapshot


class Tone(StrEnum):
    """How the page feels about its verdict."""

    WELL = "well"
    WATCH = "watch"
    TROUBLE = "trouble"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence, since when it holds, and when the next word comes.

    `causes` are the components that the sentence speaks of; `about` is the incident or the work
    that it comes from. All is empty when all is well.
    """

    sentence: str
    tone: Tone
    since: datetime | None = None
    next_update_at: datetime | None = None
    is_late: bool = False
    causes: tuple[Component, ...] = ()
    about: Incident | Maintenance | None = None


_FAILING = (ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.MAJOR_OUTAGE)


def verdict(snapshot: PublicSnapshot, language: Language) -> Verdict:
    """What is wrong, worst first: failing, then closed for work, then open but working, then well."""
    failing = root_causes(snapshot, {item.slug: item.status for item in snapshot.components if item.status in _FAILING})
    newest = snapshot.open_incidents[0] if snapshot.open_incidents else None
    if failing:
        return _failing_verdict(snapshot, failing, language)
    if newest and _is_pressing(newest):
        return _about(snapshot, newest, Verdict(newest.title, Tone.TROUBLE))
    if closed := _planned_verdict(snapshot, language):
        return closed
    if newest:
        return _watching_verdict(snapshot, newest, language)
    return Verdict(language.gettext("Everything is working."), Tone.WELL)


def root_causes(snapshot: PublicSnapshot, states: Mapping[str, ComponentStatus]) -> tuple[Component, ...]:
    """Of the components in these states (by slug) the worst, without those that only follow another.

    One follows another that it requires, directly or not, and that is at least as bad.
    """
    roots = [
        component
        for component in snapshot.components
        if component.slug in states and not _follows(snapshot, component.slug, states)
    ]
    worst = worst_status(states[component.slug] for component in roots)
    return tuple(component for component in roots if states[component.slug] is worst)


def _follows(snapshot: PublicSnapshot, slug: str, states: Mapping[str, ComponentStatus]) -> bool:
    return any(
        worst_status((states[slug], states[other])) is states[other] and slug not in _required(snapshot, other)
        for other in _required(snapshot, slug) & states.keys()
    )


def _required(snapshot: PublicSnapshot, slug: str) -> set[str]:
    found: set[str] = set()
    waiting = [slug]
    while waiting:
        component = snapshot.by_slug.get(waiting.pop())
        fresh = set(component.requires) - found if component else set()
        found |= fresh
        waiting.extend(fresh)
    return found


def _failing_verdict(snapshot: PublicSnapshot, causes: tuple[Component, ...], language: Language) -> Verdict:
    slugs = {component.slug for component in causes}
    touching = (incident for incident in snapshot.open_incidents if slugs & {item.slug for item in incident.components})
    sentence = _failing_sentence(causes, language) + " " + language.gettext("It's not just you.")
    return _about(snapshot, next(touching, None), Verdict(sentence, Tone.TROUBLE, causes=causes))


def _failing_sentence(causes: Sequence[Component], language: Language) -> str:
    what, number = subject(causes, language)
    match causes[0].status:
        case ComponentStatus.MAJOR_OUTAGE:
            return language.ngettext("%(what)s is down.", "%(what)s are down.", number, what=what)
        case ComponentStatus.PARTIAL_OUTAGE:
            return language.ngettext(
                "%(what)s is failing for some members.", "%(what)s are failing for some members.", number, what=what
            )
        case _:
            return language.ngettext(
                "%(what)s is slow or unreliable.", "%(what)s are slow or unreliable.", number, what=what
            )


def _is_pressing(incident: Incident) -> bool:
    """Wide trouble that no component shows: it outranks planned work."""
    return incident.impact in (Impact.MAJOR, Impact.CRITICAL) and incident.status is not IncidentStatus.MONITORING


def _planned_verdict(snapshot: PublicSnapshot, language: Language) -> Verdict | None:
    under_work = (item for item in snapshot.components if item.status is ComponentStatus.UNDER_MAINTENANCE)
    closed = root_causes(snapshot, {item.slug: item.status for item in under_work})
    slugs = {component.slug for component in closed}
    active = snapshot.active_maintenances
    work = next((item for item in active if slugs & {touched.slug for touched in item.components}), None)
    work = work or next(iter(active), None)
    if not closed and work is None:
        return None
    said = Verdict(_planned_sentence(closed, work, snapshot.as_of, language), Tone.PLANNED, causes=closed)
    return _about(snapshot, work, said)


def _planned_sentence(
    closed: Sequence[Component], work: Maintenance | None, as_of: datetime, language: Language
) -> str:
    if not closed:
        return work.title if work else ""
    what, number = subject(closed, language)
    if work is None:
        return language.ngettext(
            "%(what)s is closed for planned work.", "%(what)s are closed for planned work.", number, what=what
        )
    if work.scheduled_until <= as_of:
        return language.ngettext(
            "%(what)s is still closed: the planned work is taking longer.",
            "%(what)s are still closed: the planned work is taking longer.",
            number,
            what=what,
        )
    return language.ngettext(
        "%(what)s is closed for planned work until %(time)s.",
        "%(what)s are closed for planned work until %(time)s.",
        number,
        what=what,
        time=when(work.scheduled_until, language, as_of),
    )


def _watching_verdict(snapshot: PublicSnapshot, incident: Incident, language: Language) -> Verdict:
    """Every component works, and the incident is still open."""
    causes = root_causes(snapshot, {item.slug: ComponentStatus.OPERATIONAL for item in incident.components})
    if incident.status is not IncidentStatus.MONITORING or not causes:
        return _about(snapshot, incident, Verdict(incident.title, Tone.WATCH, causes=causes))
    what, number = subject(causes, language)
    sentence = language.ngettext(
        "%(what)s is working again. We are watching it.",
        "%(what)s are working again. We are watching them.",
        number,
        what=what,
    )
    return _about(snapshot, incident, Verdict(sentence, Tone.WATCH, causes=causes))


def _about(snapshot: PublicSnapshot, source: Incident | Maintenance | None, said: Verdict) -> Verdict:
    """The verdict with its times; since is the start of the current stretch, not of the first one."""
    match source:
        case Incident():
            since, promised = periods(source)[-1][0], source.promised_at
        case Maintenance():
            since, promised = source.began_at, source.promised_at
        case None:
            return said
    is_late = promised is not None and snapshot.as_of > promised
    return replace(said, since=since, next_update_at=promised, is_late=is_late, about=source)


def subject(components: Sequence[Component], language: Language) -> tuple[str, int]:
    """The components as the subject of a sentence, and 1 or 2 for the number of its verb."""
    names = [component.in_language(language.code).short_name for component in components]
    match names:
        case [name]:
            return name, 2 if _is_plural(name) else 1
        case [first, second]:
            return language.gettext("%(first)s and %(second)s", first=first, second=second), 2
        case _:
            words = language.gettext("%(first)s and %(count)d other services", first=names[0], count=len(names) - 1)
            return words, 2


_PREPOSITION = re.compile(r" (?:by|of|for|with|to|in|from|de|del|para|por|con|en) ")
_CONJUNCTION = re.compile(r" (?:and|&|y|e) ")


def _is_plural(name: str) -> bool:
    """Whether a name reads as several things: "Contract forms", "Sign-in codes by text", not "Status".

    A guess from the spelling, in English and Spanish alike: nobody should have to type grammar in.
    """
    head = _PREPOSITION.split(name)[0]
    return any(part.endswith("s") and not part.endswith(("ss", "us", "is", "ics")) for part in _CONJUNCTION.split(head))
