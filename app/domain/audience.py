"""Whom a piece of news concerns: it follows the graph (R32).

Who subscribed to the forms hears about the dashboard when that shuts the door to the forms, and
does not when the dashboard is only slow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.domain.components import Component, ComponentStatus
from app.domain.reach import reach_of


def touched_components(components: Iterable[Component], changed: Mapping[str, ComponentStatus]) -> set[str]:
    """The slugs whose subscribers a notice concerns.

    `changed` maps the components that the news names to the *worst* status each has had since the
    news began, so that "working again" reaches everybody who heard "down". They are touched
    themselves; so is everything that members reach otherwise, or not at all, because of them.
    Unknown slugs are ignored.
    """
    known = {component.slug: component for component in components}
    named = {slug: status for slug, status in changed.items() if slug in known}
    with_it = reach_of([replace(item, status=named.get(slug, item.status)) for slug, item in known.items()])
    without = reach_of([_working(item) if slug in named else item for slug, item in known.items()])
    return named.keys() | {slug for slug in known if with_it[slug].reach is not without[slug].reach}


def _working(component: Component) -> Component:
    return replace(component, status=ComponentStatus.OPERATIONAL)
