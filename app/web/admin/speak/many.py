"""Before a message goes to many people, its writer shows that it is still them (security.md, "Roles")."""

from sqlmodel import Session

from app.commands.incidents import IncidentDraft
from app.domain.channels import Programme
from app.domain.second_factors import is_fresh
from app.store.progress import audience_counts
from app.web.admin.speak.composer import Composer
from app.web.admin.speak.previews import rehearsed
from app.web.auth import confirmed
from app.web.visit import Visit


def confirm_for_many(session: Session, visit: Visit, composer: Composer, draft: IncidentDraft) -> None:
    """Nothing where few would hear of it, or where the person has signed in or confirmed lately.

    The organisation says how many are many. Corrections are no exception: whoever holds a phone
    that lies about could write anything under that name.

    Raises:
        NotConfirmedError: the console asks, and comes back with the words kept.
    """
    if not draft.first_update.notify or is_fresh(visit.proved_at, visit.now):
        return
    if _reached(session, visit, composer, draft) > visit.organisation.confirm_above:
        confirmed(visit)


def _reached(session: Session, visit: Visit, composer: Composer, draft: IncidentDraft) -> int:
    rehearsal, *_ = rehearsed(session, visit, composer, draft)
    is_drill = rehearsal.incident.is_drill
    return sum(audience_counts(session, Programme.OUTAGES, sorted(rehearsal.audience), is_drill=is_drill).values())
