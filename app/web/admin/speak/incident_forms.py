"""Reading what the composer's form stands on: the incident it continues, and the components around it."""

from collections.abc import Mapping

from sqlmodel import Session

from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError
from app.domain.incidents import Incident
from app.store.components import components_and_groups
from app.store.incident_page import Surroundings
from app.store.incidents import the_incident
from app.store.standing import states_in_force
from app.web.admin.speak.composer import Composer, Words, compose, posted_words
from app.web.posted import Posted
from app.web.visit import Visit


def incident_of(session: Session, incident_id: str) -> Incident | None:
    """The incident that a form continues; None for one that opens a new one.

    Raises:
        NotFoundError: it names one that does not exist.
    """
    return existing_incident(session, incident_id) if incident_id else None


def existing_incident(session: Session, incident_id: str) -> Incident:
    """The incident of an address.

    Raises:
        NotFoundError: there is none.
    """
    incident = the_incident(session, incident_id)
    if incident is None:
        raise NotFoundError(f"There is no incident “{incident_id[:40]}”.")
    return incident


def composer_of(
    session: Session,
    visit: Visit,
    words: Words,
    incident: Incident | None = None,
    states: Mapping[str, ComponentStatus] | None = None,
) -> Composer:
    """The form around these words; `states` are those in force, read here where nobody has yet."""
    in_force = states_in_force(session) if states is None else states
    components, groups = components_and_groups(session, in_force)
    return compose(words, visit.organisation, components, groups, now=visit.now, incident=incident)


def kept_composer(
    session: Session, visit: Visit, around: Surroundings, incident: Incident | None = None
) -> Composer | None:
    """The form with what this person was writing; None where nothing was kept."""
    if around.draft is None:
        return None
    posted = Posted(tuple(around.draft.fields))
    composer = composer_of(session, visit, posted_words(posted), incident, around.states)
    return composer.kept(posted.number("version"), posted.number("seen"), around.draft.saved_at)
