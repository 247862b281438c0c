"""Reading what the composer's form stands on: the incident it continues, and the components around it."""

from sqlmodel import Session

from app.domain.errors import NotFoundError
from app.domain.incidents import Incident
from app.store.components import component_groups
from app.store.drafts import NEW, DraftRow, draft_row
from app.store.incidents import the_incident
from app.web.admin.composer import Composer, Words, compose, posted_words
from app.web.admin.standing import components_now
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


def composer_of(session: Session, visit: Visit, words: Words, incident: Incident | None = None) -> Composer:
    """The form around these words."""
    components, groups = components_now(session), component_groups(session)
    return compose(words, visit.organisation, components, groups, now=visit.now, incident=incident)


def kept_composer(session: Session, visit: Visit, incident: Incident | None = None) -> Composer | None:
    """The form with what this person was writing; None where nothing was kept."""
    row = draft_row(session, visit.account.id, incident.id if incident else NEW)
    if row is None:
        return None
    posted = _posted(row)
    composer = composer_of(session, visit, posted_words(posted), incident)
    return composer.kept(posted.number("version"), posted.number("seen"), row.saved_at)


def _posted(row: DraftRow) -> Posted:
    return Posted(tuple((name, value) for name, value in row.fields))
