"""Reach: what an agent can do about each component right now (R32).

Computed from the graph, never typed in. Two kinds of edge:

* `requires`: stops when that stops;
* `reached_via`: keeps running, but that is the door members use. With several doors it is shut
  only when all of them are. With none it is its own front door.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.components import Component, DirectLink
from app.domain.errors import RefusedError


class Reach(StrEnum):
    """The four answers to "can I use it?"."""

    WORKING = "working"
    ANOTHER_DOOR = "another_door"
    LOCKED_OUT = "locked_out"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class WayIn:
    """How to get to one component: its reach, and the link to use when the usual door is shut.

    `through` is the slug of the component whose link it is (its own slug, or that of a door that
    is itself open only by its direct link).
    """

    reach: Reach
    link: DirectLink | None = None
    through: str | None = None


def reach_of(components: Iterable[Component], stopped: Collection[str] | None = None) -> dict[str, WayIn]:
    """The way in to every component, by slug.

    `stopped` names the components that are down of themselves; without it their own status
    decides. Edges to unknown slugs are ignored. Both relations are least fixed points, so that a
    cycle ends and opens nothing by itself, and adding a door never makes anything less reachable.
    """
    known = {component.slug: component for component in components}
    down = {slug for slug, component in known.items() if component.status.is_stopped} if stopped is None else stopped
    halted = _halted(known, down)
    open_as_usual = _open_as_usual(known, halted)
    return _ways_in(known, halted, open_as_usual)


def _halted(known: Mapping[str, Component], down: Collection[str]) -> set[str]:
    """Everything that is down, and everything that requires it."""
    halted = {slug for slug in down if slug in known}
    while grown := {
        slug for slug, component in known.items() if slug not in halted and not halted.isdisjoint(component.requires)
    }:
        halted |= grown
    return halted


def _doors(component: Component, known: Mapping[str, Component]) -> tuple[str, ...]:
    return tuple(door for door in component.reached_via if door in known)


def _open_as_usual(known: Mapping[str, Component], halted: set[str]) -> set[str]:
    """The running components that a member reaches the way they always do."""
    running = {slug: component for slug, component in known.items() if slug not in halted}
    reached = {slug for slug, component in running.items() if component.unattended or not _doors(component, known)}
    while grown := {
        slug
        for slug, component in running.items()
        if slug not in reached and not reached.isdisjoint(component.reached_via)
    }:
        reached |= grown
    return reached


def _ways_in(known: Mapping[str, Component], halted: set[str], open_as_usual: set[str]) -> dict[str, WayIn]:
    ways = {slug: WayIn(Reach.STOPPED) for slug in halted}
    ways |= {slug: WayIn(Reach.WORKING) for slug in open_as_usual}
    shut = {slug: component for slug, component in known.items() if slug not in ways}
    ways |= {
        slug: WayIn(Reach.ANOTHER_DOOR, component.direct_link, slug)
        for slug, component in shut.items()
        if component.direct_link.is_door
    }
    while grown := {
        slug: WayIn(Reach.ANOTHER_DOOR, ways[door].link, ways[door].through)
        for slug, component in shut.items()
        if slug not in ways
        for door in component.reached_via
        if door in ways and ways[door].reach is Reach.ANOTHER_DOOR
    }:
        ways |= grown
    ways |= {slug: WayIn(Reach.LOCKED_OUT) for slug in shut if slug not in ways}
    return {slug: ways[slug] for slug in known}


def check_graph(components: Iterable[Component]) -> None:
    """Refuse a graph that could not be true.

    Raises:
        RefusedError: an edge points at nothing or at itself, some components require one another in
            a circle, or can be reached only through one another, so that nobody could ever get in.
    """
    known = {component.slug: component for component in components}
    problems = {
        slug: f"“{slug}” depends on “{other}”, which is not a component here."
        for slug, component in known.items()
        for other in (*component.requires, *component.reached_via)
        if other not in known
    }
    problems |= {
        slug: f"“{component.short_name}” cannot depend on itself."
        for slug, component in known.items()
        if slug in component.requires or slug in component.reached_via
    }
    problems = problems or {
        slug: f"“{known[slug].short_name}” would stop with itself: what it requires requires it again."
        for slug in _in_circles(known)
    }
    if not problems:
        enclosed = known.keys() - _open_as_usual(known, set())
        problems = {
            slug: f"“{known[slug].short_name}” has no way in: its doors lead only back to itself."
            for slug in sorted(enclosed)
        }
    if problems:
        raise RefusedError(problems)


def _in_circles(known: Mapping[str, Component]) -> list[str]:
    """The slugs that require themselves in the end; every slug that is required must be known."""
    return [slug for slug in known if slug in _required_in_the_end(known, slug)]


def _required_in_the_end(known: Mapping[str, Component], slug: str) -> set[str]:
    found: set[str] = set()
    waiting = list(known[slug].requires)
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting.extend(known[other].requires)
    return found
