"""A ticket for somebody who calls the help desk: counted as a report, and answered like any other (R11, R12)."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.addresses import normal_address, told_apart
from app.commands.reports import count_call
from app.commands.tickets import open_ticket, take_on
from app.domain.errors import RefusedError
from app.domain.reports import Source
from app.domain.text import printable
from app.domain.tickets import NAME_MOST, WORDS_MOST, TicketDraft
from app.publish.language import LANGUAGES
from app.store.components import live_components
from app.web.admin.triage.tickets import TICKETS
from app.web.auth import Triager
from app.web.posted import Posted, PostedForm
from app.web.trouble_tickets import ANSWERS
from app.web.visit import Visit

CONSENT = "Asked by telephone: may we answer at this address about this report? Yes."

router = APIRouter(prefix=TICKETS)


@router.get("/new")
def new_ticket(visit: Triager, component: str = "") -> Response:
    """The form for a call; `component` is chosen already."""
    return _form(visit, Posted((("component", component),)))


@router.post("")
def take_call(visit: Triager, posted: PostedForm) -> Response:
    """Take a call as a ticket; whoever takes it is on it."""
    try:
        draft = _draft(posted)
        with visit.transaction() as session:
            count_call(session, draft.slug, now=visit.now, on_suspected=visit.parts.on_suspected)
            ticket = open_ticket(session, visit.parts.vault, draft, now=visit.now)
            if posted.has("on_it"):
                take_on(session, ticket.id, visit.account.id, now=visit.now)
            path = f"{TICKETS}/{ticket.id}"
    except RefusedError as error:
        return _form(visit, posted, error.problems)
    return visit.see_other(path)


def _draft(posted: Posted) -> TicketDraft:
    words, name, address = posted.text("words"), printable(posted.text("name")).strip(), posted.text("address")
    language = posted.text("language") if posted.text("language") in LANGUAGES else "en"
    if not words:
        raise RefusedError({"words": "Write what fails, in the member’s own words."})
    if not address:
        return TicketDraft(posted.text("component"), Source.HELP_DESK, words, name, language=language)
    channel = told_apart(address)
    if channel not in ANSWERS:
        raise RefusedError({"address": "Give a mobile number or an email address."})
    if not posted.has("consent"):
        raise RefusedError({"consent": "Ask whether we may answer there, and tick it; or leave the address empty."})
    spelt = normal_address(channel, address)
    return TicketDraft(posted.text("component"), Source.HELP_DESK, words, name, channel, spelt, language, CONSENT)


def _form(visit: Visit, typed: Posted, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        components = live_components(session)
    return visit.page(
        "tickets/new.html",
        status=422 if problems else 200,
        components=components,
        languages=LANGUAGES,
        typed=typed,
        problems=problems or {},
        words_most=WORDS_MOST,
        name_most=NAME_MOST,
    )
