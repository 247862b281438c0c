"""Words that follow from the graph, so that a tired person need not type them (R31, R32)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.domain.components import Component, ComponentStatus, worst_status
from app.domain.incidents import Headings, IncidentStatus, UpdateDraft
from app.domain.reach import Reach, WayIn, reach_of

_DOING = {
    IncidentStatus.INVESTIGATING: "We are looking for the cause.",
    IncidentStatus.IDENTIFIED: "The cause is known and is being fixed.",
    IncidentStatus.MONITORING: "A fix is in place. We are watching it.",
}
_SAID = _DOING | {IncidentStatus.RESOLVED: "This is resolved."}
_FINE = ComponentStatus.OPERATIONAL
ELSE_WORKS = "Everything else works as usual."
"""What is said where nothing is known that members could do instead."""
_TITLE_NAMES = 3
_TITLE_WORDS = {
    ComponentStatus.MAJOR_OUTAGE: "down",
    ComponentStatus.PARTIAL_OUTAGE: "failing for some members",
    ComponentStatus.DEGRADED_PERFORMANCE: "slow or unreliable",
    ComponentStatus.UNDER_MAINTENANCE: "closed for work",
}


def plain_words(status: IncidentStatus) -> str:
    """What an update says when a program gave a status and no words; empty for a report, which needs some."""
    return _SAID.get(status, "")


def with_states(components: Iterable[Component], states: Mapping[str, ComponentStatus]) -> tuple[Component, ...]:
    """The same components with these states in place of their own."""
    return tuple(_with(item, states.get(item.slug, item.status)) for item in components)


def under(components: Iterable[Component], states: Mapping[str, ComponentStatus]) -> tuple[Component, ...]:
    """The same components, each with the worse of its own status and what these states say."""
    return tuple(_with(item, worst_status((item.status, states.get(item.slug, _FINE)))) for item in components)


def _with(component: Component, status: ComponentStatus) -> Component:
    """The component with that status; itself where nothing changes, because copies of many take time."""
    return component if component.status is status else replace(component, status=status)


def suggested_title(components: Iterable[Component], states: Mapping[str, ComponentStatus]) -> str:
    """A title from what is failing, worst first: "Member dashboard is down". Empty when nothing is."""
    failing = [item for item in components if states.get(item.slug, _FINE) is not _FINE]
    if not failing:
        return ""
    worst = worst_status(states[item.slug] for item in failing)
    named = [item.short_name for item in failing if states[item.slug] is worst]
    names = _joined(named) if len(named) <= _TITLE_NAMES else f"{len(named)} services"
    return f"{names} {'is' if len(named) == 1 else 'are'} {_TITLE_WORDS[worst]}"


def alone(components: Iterable[Component], states: Mapping[str, ComponentStatus]) -> tuple[Component, ...]:
    """The same components as if these states were all that is wrong: what one incident does by itself."""
    return tuple(_with(item, states.get(item.slug, ComponentStatus.OPERATIONAL)) for item in components)


def what_is_affected(components: Iterable[Component]) -> str:
    """One sentence per kind of trouble, from the graph."""
    listed = tuple(components)
    ways = reach_of(listed)
    sentences = (
        _sentence("{} cannot be used.", _named(listed, ways, Reach.STOPPED)),
        _sentence("{} cannot be reached for now.", _named(listed, ways, Reach.LOCKED_OUT)),
        _sentence("{} can be reached only by direct sign-in.", _named(listed, ways, Reach.ANOTHER_DOOR)),
        _sentence("{} may be slow or fail.", _impaired(listed, ways)),
    )
    return " ".join(filter(None, sentences)) or "Every service is running."


def how_to_reach(components: Iterable[Component]) -> str:
    """What members can do instead, from the graph."""
    listed = tuple(components)
    ways = reach_of(listed)
    doors = _named(listed, ways, Reach.ANOTHER_DOOR)
    if doors:
        return f"Use the direct sign-ins on this page for {_joined(doors)}."
    stopped = [item for item in listed if ways[item.slug].reach is not Reach.WORKING and item.workaround]
    return " ".join(item.workaround for item in stopped[:2]) or ELSE_WORKS


def has_way_round(said: str) -> bool:
    """Whether words about how to reach what works say more than that the rest works: that is a workaround (R5)."""
    return said.strip() not in ("", ELSE_WORKS)


def fill_headings(
    draft: UpdateDraft, components: Iterable[Component], own_states: Mapping[str, ComponentStatus]
) -> UpdateDraft:
    """Complete the four headings: what was said stays, the rest follows from text, status and graph.

    `components` stand as they are after this update, all incidents counted: nobody is sent to a
    door that another incident has shut. `own_states` are what this incident gives: it is not blamed
    for the others. A final update, and one that says nothing at all, stay as they are.
    """
    if not draft.status.is_open or not (draft.body.strip() or draft.headings):
        return draft
    listed = tuple(components)
    said = draft.headings
    doing = said.what_we_are_doing or (_DOING.get(draft.status, "") if draft.body.strip() else "")
    headings = Headings(
        what_happened=said.what_happened or draft.body.strip(),
        what_we_are_doing=doing,
        what_is_affected=said.what_is_affected or what_is_affected(alone(listed, own_states)),
        how_to_reach=said.how_to_reach or how_to_reach(listed),
    )
    return replace(draft, headings=headings)


def _named(components: Iterable[Component], ways: Mapping[str, WayIn], reach: Reach) -> list[str]:
    return [item.short_name for item in components if ways[item.slug].reach is reach]


def _impaired(components: Iterable[Component], ways: Mapping[str, WayIn]) -> list[str]:
    troubled = (ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.PARTIAL_OUTAGE)
    return [
        item.short_name for item in components if item.status in troubled and ways[item.slug].reach is Reach.WORKING
    ]


def _sentence(form: str, names: list[str]) -> str:
    return form.format(_joined(names)) if names else ""


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
