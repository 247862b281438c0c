"""Messages that wait for a second person (R24): the question, the answer, and the calls owed when nobody answered."""

from collections.abc import Mapping

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.incidents import IncidentDraft
from app.commands.waiting import decide, let_wait, read_waiting, tick_call
from app.domain.approvals import Approval, Decision, approval_needed
from app.domain.errors import RefusedError, StaleVersionError
from app.store.accounts import account_rows
from app.store.approvals import approval_row, frozen_approval, two_person_rule
from app.store.incidents import the_incident
from app.store.owed_calls import calls_of
from app.web.admin.forms import member_of
from app.web.admin.speak.composer import CORRECTION, Composer
from app.web.admin.speak.previews import rehearsed, surprises_of
from app.web.auth import Poster, Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

APPROVALS = "/admin/approvals"

router = APIRouter(prefix=APPROVALS)


def asked_first(session: Session, visit: Visit, composer: Composer, draft: IncidentDraft) -> str | None:
    """Where a message waits that somebody has to look at first; None when it may go out at once.

    Raises:
        RefusedError: it could not be said anyway.
    """
    is_drill = composer.incident.is_drill if composer.incident else draft.is_drill
    needed = approval_needed(
        two_person_rule(session),
        composer.severity,
        may_surprise=bool(surprises_of(visit, composer, draft)),
        is_correction=composer.words.event == CORRECTION or is_drill,
    )
    if needed is None:
        return None
    rehearsal, *_ = rehearsed(session, visit, composer, draft)
    approval = let_wait(
        session,
        needed,
        draft,
        rehearsal,
        composer.incident,
        request_id=f"{visit.account.id}-{composer.key}",
        by=visit.account,
        now=visit.now,
    )
    return f"{APPROVALS}/{approval.id}"


@router.get("/{approval_id}")
def approval_page(visit: Reader, approval_id: str) -> Response:
    """What waits, until when, and who decides."""
    return _show(visit, approval_id)


@router.post("/{approval_id}/decision")
def decision(visit: Reader, approval_id: str, posted: PostedForm) -> Response:
    """Approve, decline or take back; whose word counts is a rule of the domain."""
    chosen = member_of(Decision, posted.text("decision"))
    try:
        if chosen is None or chosen in (Decision.TIMED_OUT, Decision.OVERTAKEN):
            raise RefusedError("Choose whether it goes out.")
        with visit.transaction() as session:
            seen = posted.number("version") if posted.has("version") else None
            decide(session, approval_id, chosen, by=visit.account, now=visit.now, expected_version=seen)
    except RefusedError as error:
        return _show(visit, approval_id, error.problems, status=422)
    except StaleVersionError as error:
        return _show(visit, approval_id, {"": f"{error} Read both, then decide."}, status=409)
    return visit.see_other(f"{APPROVALS}/{approval_id}")


@router.post("/{approval_id}/calls/{account_id}")
def call(visit: Poster, approval_id: str, account_id: str) -> Response:
    """Tick one call."""
    with visit.transaction() as session:
        tick_call(session, approval_id, account_id, now=visit.now)
    return visit.see_other(f"{APPROVALS}/{approval_id}")


def _show(visit: Visit, approval_id: str, problems: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    with visit.database.read() as session:
        approval = frozen_approval(approval_row(session, approval_id))
        words = read_waiting(approval)
        incident = the_incident(session, words.incident_id) if words.incident_id else None
        calls = calls_of(session, approval_id)
        names = {row.id: row.name for row in account_rows(session)}
    return visit.page(
        "approvals/show.html",
        status=status,
        approval=approval,
        said=words.draft.first_update,
        incident=incident,
        news=words.news(incident) if incident and approval.decision in (None, Decision.OVERTAKEN) else [],
        is_author=approval.asked_by == visit.account.id,
        is_waiting=approval.is_waiting(visit.now),
        calls=calls,
        names=names,
        problems=problems or {},
        **_standing(approval),
    )


def _standing(approval: Approval) -> dict[str, str]:
    """In one sentence how it stands."""
    sentences = {
        None: "It waits.",
        Decision.APPROVED: "Approved. It is out.",
        Decision.DECLINED: "Declined. It was not published.",
        Decision.WITHDRAWN: "Taken back. It was not published.",
        Decision.TIMED_OUT: "Nobody answered in time. It is out.",
        Decision.OVERTAKEN: "It was not published: by then it could not be said any more.",
    }
    return {"sentence": sentences[approval.decision]}
