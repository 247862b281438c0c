"""Components as they stand at this moment: reported, in open incidents, closed for work."""

from collections.abc import Iterable

from sqlmodel import Session

from app.domain.components import Component
from app.domain.incidents import Incident
from app.domain.maintenance import Maintenance, states_now
from app.store.components import live_components
from app.store.standing import states_in_force


def components_now(session: Session) -> tuple[Component, ...]:
    """Components on the page, in order, with the worst that anything says of them."""
    return live_components(session, states_in_force(session))


def components_under(
    session: Session, opened: Iterable[Incident], works: Iterable[Maintenance]
) -> tuple[Component, ...]:
    """The same, for incidents and work that were read already."""
    return live_components(session, states_now(opened, works))
