"""Which lists the front page makes of the components: who gets in where, and who does not (page.md, "Order")."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.components import Component, ComponentStatus, DirectLink
from app.domain.reach import Reach, WayIn, reach_of
from app.publish.language import Language
from app.publish.snapshot import PublicSnapshot


@dataclass(frozen=True, slots=True)
class Door:
    """A direct sign-in: what it leads to, its link, and the component that the link belongs to."""

    component: Component
    link: DirectLink
    owner: Component


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Every component once, by what a member can do about it, each in order of position.

    While a door is shaky (partly failing or slow) the page also says what is left should it fail
    wholly: `spare_doors`, and `at_risk` for what then has no way in.
    """

    doors: tuple[Door, ...]
    locked_out: tuple[Component, ...]
    stopped: tuple[Component, ...]
    closed: tuple[Component, ...]
    struggling: tuple[Component, ...]
    spare_doors: tuple[Door, ...]
    at_risk: tuple[Component, ...]
    unaffected: tuple[Component, ...]


def ways_in(snapshot: PublicSnapshot, language: Language) -> WaysIn:
    """Sort the components of the page, in that language's words."""
    known = {item.slug: item.in_language(language.code) for item in snapshot.components}
    feared = reach_of(known.values(), {slug for slug, item in known.items() if not _is_well(item)})
    failed = reach_of(known.values(), {s for s, item in known.items() if item.status is ComponentStatus.MAJOR_OUTAGE})
    found: defaultdict[str, list[Component]] = defaultdict(list)
    for slug, item in known.items():
        found[_place(item, snapshot.ways[slug], feared[slug], failed[slug])].append(item)
    return WaysIn(
        doors=_doors(found["doors"], snapshot.ways, known),
        locked_out=tuple(found["locked_out"]),
        stopped=tuple(found["stopped"]),
        closed=tuple(found["closed"]),
        struggling=tuple(found["struggling"]),
        spare_doors=_doors(found["spare_doors"], feared, known),
        at_risk=tuple(found["at_risk"]),
        unaffected=tuple(found["unaffected"]),
    )


def _is_well(component: Component) -> bool:
    return component.status is ComponentStatus.OPERATIONAL


def _place(component: Component, now: WayIn, feared: WayIn, failed: WayIn) -> str:
    """The list a component belongs to: as it is now, and if every shaky door should fail wholly."""
    match now.reach:
        case Reach.ANOTHER_DOOR:
            return "doors"
        case Reach.LOCKED_OUT:
            return "locked_out"
        case Reach.STOPPED:
            return "stopped" if failed.reach is Reach.STOPPED else "closed"
        case Reach.WORKING if not _is_well(component):
            return "struggling"
        case Reach.WORKING if feared.reach is Reach.ANOTHER_DOOR:
            return "spare_doors"
        case Reach.WORKING:
            return "unaffected" if feared.reach is Reach.WORKING else "at_risk"


def _doors(components: list[Component], ways: Mapping[str, WayIn], known: Mapping[str, Component]) -> tuple[Door, ...]:
    found = ((item, ways[item.slug]) for item in components)
    return tuple(Door(item, way.link, known[way.through]) for item, way in found if way.link and way.through)
