"""The composer for an incident that something points to already: a check, an alert, members' reports (R3, R7)."""

from dataclasses import replace

from sqlmodel import Session

from app.domain.components import ComponentStatus
from app.domain.localtime import for_field
from app.domain.suspicions import Suspicion
from app.store.incident_page import Surroundings
from app.web.admin.speak.composer import Composer, blank_words
from app.web.admin.speak.incident_forms import composer_of
from app.web.admin.speak.previews import with_event_words
from app.web.visit import Visit


def suspected_composer(
    session: Session, visit: Visit, around: Surroundings, suspicion: Suspicion, kept: Composer | None
) -> Composer:
    """The form with what a suspicion points to: its components ticked, since when, and which one it is (R3, R7).

    Words that this person had begun are kept.
    """
    words = kept.words if kept else blank_words()
    states = dict.fromkeys(suspicion.slugs, ComponentStatus.MAJOR_OUTAGE.value) | dict(words.states)
    began_at = min((sign.began_at for sign in suspicion.signs), default=suspicion.opened_at)
    started_at = words.started_at or for_field(began_at, visit.zone)
    words = replace(words, states=states, started_at=started_at, suspicion=suspicion.id)
    composer = composer_of(session, visit, words, states=around.states)
    composer = with_event_words(session, visit, composer) if composer.ticked else composer
    return composer.kept(kept.version, kept.seen, kept.kept_at) if kept and kept.kept_at else composer
