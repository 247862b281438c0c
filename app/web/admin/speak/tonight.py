"""Before words go out on a night with nobody on duty to keep their promises, the writer says who will (R22)."""

from sqlmodel import Session

from app.commands.coverage import gap_span
from app.domain.assignments import LEAD
from app.domain.coverage import empty_tonight
from app.domain.errors import RefusedError
from app.store.roster import the_roster
from app.web.admin.speak.composer import Composer
from app.web.visit import Visit


def check_tonight(session: Session, visit: Visit, composer: Composer) -> None:
    """Nothing where somebody leads communications until the morning, or the writer has ticked that they see to it.

    Only the console asks: nobody who publishes by text or from a shell is held up.

    Raises:
        RefusedError: nobody does, from when to when (field "empty_tonight").
    """
    if composer.words.empty_tonight:
        return
    roster = the_roster(session, visit.now)
    gap, role = empty_tonight(roster, LEAD, visit.organisation.day, visit.now), roster.role(LEAD)
    if gap is not None and role is not None:
        span = gap_span(gap, visit.zone)
        raise RefusedError(
            {"empty_tonight": f"{role.name}: nobody is on duty {span}, so nobody would keep this promise."}
        )
