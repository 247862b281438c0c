"""What a member with a ticket is told: an answer, an hour to look at it together, what solved it (R13, R44)."""

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.tickets import answer, reply, solve
from app.domain.reply_words import Reply, reply_hints
from app.domain.tickets import REPLY_MOST, TicketState, share_times
from app.publish.language import Language
from app.publish.ticket_messages import screen_share_words, understood
from app.web.admin.triage.tickets import TICKETS, AnswerOutlook, done, existing_ticket, keeping, show
from app.web.auth import Triager
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit, is_fragment

router = APIRouter(prefix=TICKETS)


@router.post("/{ticket_id}/replies")
def say(visit: Triager, ticket_id: str, posted: PostedForm) -> Response:
    """Tell the member what was understood, what is known and what is asked."""
    return _answered(visit, ticket_id, posted, TicketState.WAITING if posted.has("waits") else TicketState.ON_IT)


@router.post("/{ticket_id}/replies/preview")
def preview(visit: Triager, ticket_id: str, posted: PostedForm) -> Response:
    """The answer as the member would read it; a fragment for a form that is being filled in."""
    said = _said(posted)
    text = said.cleaned().as_text(understood(_language(visit, ticket_id)))
    outlook = AnswerOutlook(text, reply_hints(said))
    if is_fragment(visit.request):
        return visit.page("tickets/_answer.html", outlook=outlook, reply_most=REPLY_MOST)
    return show(visit, ticket_id, typed=posted, outlook=outlook)


@router.post("/{ticket_id}/screen-share")
def offer_screen_share(visit: Triager, ticket_id: str) -> Response:
    """Offer to look at it together, at three times (R13)."""
    words = screen_share_words(_language(visit, ticket_id), share_times(visit.now, visit.organisation.day))
    return done(visit, ticket_id, keeping(reply, visit, ticket_id, words, state=TicketState.WAITING))


@router.post("/{ticket_id}/solution")
def close(visit: Triager, ticket_id: str, posted: PostedForm) -> Response:
    """Close it with what solved it; whoever left an address is told."""
    if existing_ticket(visit, ticket_id).address:
        return _answered(visit, ticket_id, posted, TicketState.SOLVED)
    return done(visit, ticket_id, keeping(solve, visit, ticket_id, posted.text("words")), posted)


def _answered(visit: Visit, ticket_id: str, posted: Posted, state: TicketState) -> Response:
    lead = understood(_language(visit, ticket_id))
    return done(visit, ticket_id, keeping(answer, visit, ticket_id, _said(posted), lead, state=state), posted)


def _said(posted: Posted) -> Reply:
    return Reply(problem=posted.text("problem"), answer=posted.text("answer"), question=posted.text("question"))


def _language(visit: Visit, ticket_id: str) -> Language:
    return Language(existing_ticket(visit, ticket_id).language, visit.zone)
