"""The graph of components in layers: what fails stands before what fails with it (R32, console.md).

Only for looking at: what members can still do is computed in `app.domain.reach`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.components import Component


class EdgeKind(StrEnum):
    """What happens to the second when the first fails: it stops with it, or its usual door is shut."""

    REQUIRES = "requires"
    REACHED_VIA = "reached_via"


@dataclass(frozen=True, slots=True)
class Edge:
    """One dependency by slugs, in the direction in which trouble travels: from `cause` to `follower`."""

    cause: str
    follower: str
    kind: EdgeKind


def edges_of(components: Sequence[Component]) -> list[Edge]:
    """One edge for each pair; where a component both requires another and is reached through it, it requires it.

    Edges to unknown slugs, and from a component to itself, are left out.
    """
    known = {item.slug for item in components}
    found: dict[tuple[str, str], Edge] = {}
    for item in components:
        kinds = ((EdgeKind.REQUIRES, item.requires), (EdgeKind.REACHED_VIA, item.reached_via))
        for kind, cause in ((kind, slug) for kind, slugs in kinds for slug in slugs):
            if cause in known and cause != item.slug:
                found.setdefault((cause, item.slug), Edge(cause, item.slug, kind))
    return list(found.values())


def layers_of(slugs: Iterable[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Every slug once; each stands in a later layer than all it follows, as far left as that allows.

    Where edges run in a circle, the first of it in the order given is taken to come first.
    """
    causes = _causes(slugs, edges)
    depth: dict[str, int] = {}
    waiting = list(causes)
    while waiting:
        ready = [slug for slug in waiting if causes[slug] <= depth.keys()] or waiting[:1]
        depth |= {slug: 1 + max((depth[cause] for cause in causes[slug] & depth.keys()), default=-1) for slug in ready}
        waiting = [slug for slug in waiting if slug not in depth]
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for slug in causes:
        layers[depth[slug]].append(slug)
    return layers


def _causes(slugs: Iterable[str], edges: Iterable[Edge]) -> Mapping[str, set[str]]:
    causes: dict[str, set[str]] = {slug: set() for slug in slugs}
    for edge in edges:
        if edge.cause in causes and edge.follower in causes:
            causes[edge.follower].add(edge.cause)
    return causes
