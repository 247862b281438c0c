"""Tickets: members who want to hear back, from the first "on it" to what solved it (R10, R11, R13, R14)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import JSONResponse, Response

from app.commands.addresses import hidden
from app.commands.ticket_records import exported_tickets, forget_tickets
from app.commands.tickets import (
    add_note,
    isolate,
    log_trial,
    merge,
    reopen_ticket,
    take_on,
    unmerge,
)
from app.domain.accounts import Permission
from app.domain.errors import NotFoundError, RefusedError
from app.domain.plain_language import Hint
from app.domain.tickets import (
    QUESTIONS,
    REPLY_MOST,
    WORDS_MOST,
    Ticket,
    TicketState,
    TrialResult,
    next_question,
    share_times,
    usual_wait,
)
from app.store.accounts import account_rows
from app.store.components import live_components
from app.store.incidents import open_incidents
from app.store.tickets import entries_of, letters_of, the_ticket, ticket_counts, tickets_in, waits_since
from app.web.admin.forms import member_of
from app.web.auth import ConfirmedAdministrator, Exporter, Reader, Triager
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

TICKETS = "/admin/tickets"
PAGE = 50
_PAGES_MOST = 10_000
_LATELY = timedelta(days=30)

router = APIRouter(prefix=TICKETS)


@dataclass(frozen=True, slots=True)
class AnswerOutlook:
    """What an answer that is being written looks like to the member, and what could be said better."""

    text: str
    hints: Sequence[Hint]


@router.get("")
def tickets(visit: Reader, state: str = "", page: int = 1) -> Response:
    """Open tickets, or those in one state, the newest first."""
    chosen, page = member_of(TicketState, state), min(max(page, 1), _PAGES_MOST)
    states = [chosen] if chosen else [each for each in TicketState if each.is_open]
    with visit.database.read() as session:
        listed = tickets_in(session, visit.parts.vault, states, skip=(page - 1) * PAGE, most=PAGE + 1)
        counts, waits = ticket_counts(session), waits_since(session, visit.now - _LATELY)
        components = live_components(session)
    return visit.page(
        "tickets/index.html",
        listed=listed[:PAGE],
        has_more=len(listed) > PAGE,
        page=page,
        counts=counts,
        chosen=chosen,
        states=list(TicketState),
        wait=usual_wait(waits),
        components={item.slug: item.short_name for item in components},
        may_triage=visit.may(Permission.TRIAGE),
    )


@router.get("/{ticket_id}")
def ticket_page(visit: Reader, ticket_id: str) -> Response:
    """One ticket: who waits, what was tried, what they were told."""
    return show(visit, ticket_id)


@router.post("/{ticket_id}/acknowledgement")
def say_on_it(visit: Triager, ticket_id: str) -> Response:
    """ "On it": the member is told at once."""
    return done(visit, ticket_id, lambda session: take_on(session, ticket_id, visit.account.id, now=visit.now))


@router.post("/{ticket_id}/notes")
def write_note(visit: Triager, ticket_id: str, posted: PostedForm) -> Response:
    """Write down a finding, for the staff alone."""
    return done(visit, ticket_id, keeping(add_note, visit, ticket_id, posted.text("note")), posted)


@router.post("/{ticket_id}/trials")
def write_trial(visit: Triager, ticket_id: str, posted: PostedForm) -> Response:
    """Write down how it was tried here."""
    result = member_of(TrialResult, posted.text("result"))
    return done(visit, ticket_id, keeping(log_trial, visit, ticket_id, posted.text("steps"), result), posted)


@router.post("/{ticket_id}/isolation")
def narrow_down(visit: Triager, ticket_id: str, posted: PostedForm) -> Response:
    """Keep the answers that say where the trouble is."""
    said = {question.name: posted.text(f"is_{question.name}") for question in QUESTIONS}
    answers = {name: answer == "yes" for name, answer in said.items() if answer in ("yes", "no")}
    return done(visit, ticket_id, keeping(isolate, visit, ticket_id, answers))


@router.post("/{ticket_id}/reopening")
def open_again(visit: Triager, ticket_id: str) -> Response:
    """It was not solved after all."""
    return done(visit, ticket_id, lambda session: reopen_ticket(session, ticket_id, visit.account.id, now=visit.now))


@router.post("/{ticket_id}/incident")
def join(visit: Triager, ticket_id: str, posted: PostedForm) -> Response:
    """Join it to an open incident, whose end its member will hear of."""
    return done(visit, ticket_id, keeping(merge, visit, ticket_id, posted.text("incident_id")), posted)


@router.post("/{ticket_id}/separation")
def take_out(visit: Triager, ticket_id: str) -> Response:
    """Take it out of its incident."""
    return done(visit, ticket_id, keeping(unmerge, visit, ticket_id))


@router.post("/{ticket_id}/export")
def hand_out(visit: Exporter, ticket_id: str) -> Response:
    """Everything that the tickets of this address hold, as a file for whoever it belongs to."""
    ticket = existing_ticket(visit, ticket_id)
    with visit.transaction() as session:
        found = exported_tickets(session, visit.parts.vault, _indexes(visit, ticket), now=visit.now)
    name = f'attachment; filename="{ticket.label}.json"'
    return JSONResponse({"tickets": found}, headers={"Content-Disposition": name})


@router.post("/{ticket_id}/erasure")
def erase(visit: ConfirmedAdministrator, ticket_id: str, posted: PostedForm) -> Response:
    """Forget the person in every ticket of this address."""
    if not posted.has("sure"):
        return show(visit, ticket_id, problems={"sure": "Tick that you are sure. It cannot be brought back."})
    ticket = existing_ticket(visit, ticket_id)
    with visit.transaction() as session:
        forget_tickets(session, _indexes(visit, ticket), now=visit.now, ticket_id=ticket.id)
    return visit.see_other(f"{TICKETS}/{ticket_id}")


def keeping(act: Callable[..., object], visit: Visit, ticket_id: str, *said: Any, **more: Any) -> Callable[..., object]:
    """An act that keeps words, and therefore needs the vault."""

    def do(session: Session) -> object:
        return act(session, visit.parts.vault, ticket_id, visit.account.id, *said, now=visit.now, **more)

    return do


def done(visit: Visit, ticket_id: str, act: Callable[[Session], object], posted: Posted | None = None) -> Response:
    """Do it and show the ticket; or say why not, with the words kept."""
    try:
        with visit.transaction() as session:
            act(session)
    except RefusedError as error:
        return show(visit, ticket_id, problems=error.problems, typed=posted)
    return visit.see_other(f"{TICKETS}/{ticket_id}")


def show(
    visit: Visit,
    ticket_id: str,
    *,
    problems: Mapping[str, str] | None = None,
    typed: Posted | None = None,
    outlook: AnswerOutlook | None = None,
) -> Response:
    """The page of one ticket, with what was typed and what is wrong with it."""
    vault = visit.parts.vault
    with visit.database.read() as session:
        ticket = the_ticket(session, vault, ticket_id)
        if ticket is None:
            raise NotFoundError("There is no such ticket.")
        entries, letters = entries_of(session, vault, ticket_id), letters_of(session, ticket_id)
        incidents, components = open_incidents(session), live_components(session)
        people = {row.id: row.name for row in account_rows(session)}
    may_triage = visit.may(Permission.TRIAGE)
    return visit.page(
        "tickets/show.html",
        status=422 if problems else 200,
        ticket=ticket,
        address=_shown_address(ticket, may_triage),
        component=next((item.short_name for item in components if item.slug == ticket.slug), ticket.slug),
        entries=list(reversed(entries)),
        letters=letters,
        incidents=incidents,
        people=people,
        questions=QUESTIONS,
        asked=next_question(ticket.answers or {}),
        results=[(each.value, each.in_words, "") for each in TrialResult],
        times=share_times(visit.now, visit.organisation.day),
        reply_most=REPLY_MOST,
        words_most=WORDS_MOST,
        problems=problems or {},
        typed=typed,
        outlook=outlook,
        may_triage=may_triage,
        may_erase=visit.may(Permission.ADMINISTER),
        may_export=visit.may(Permission.EXPORT),
    )


def _shown_address(ticket: Ticket, may_triage: bool) -> str:
    """The address for those who answer; with its middle left out for whoever only reads."""
    if may_triage or ticket.channel is None:
        return ticket.address
    return hidden(ticket.channel, ticket.address)


def existing_ticket(visit: Visit, ticket_id: str) -> Ticket:
    """The ticket of an address.

    Raises:
        NotFoundError: there is none.
    """
    with visit.database.read() as session:
        ticket = the_ticket(session, visit.parts.vault, ticket_id)
    if ticket is None:
        raise NotFoundError("There is no such ticket.")
    return ticket


def _indexes(visit: Visit, ticket: Ticket) -> list[str]:
    """What the tickets of the same address are found by."""
    if ticket.channel is None or not ticket.address:
        return []
    return list(visit.parts.vault.indexes(ticket.channel, ticket.address))
