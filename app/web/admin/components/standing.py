"""Components as they stand at this moment: reported, in open incidents, closed for work."""

from sqlmodel import Session

from app.domain.components import Component
from app.store.components import live_components
from app.store.standing import states_in_force


def components_now(session: Session) -> tuple[Component, ...]:
    """Components on the page, in order, with the worst that anything says of them."""
    return live_components(session, states_in_force(session))
