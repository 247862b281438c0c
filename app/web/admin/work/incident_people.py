"""The people of one incident: who is called, who has which part, where they meet, what they decided (R17 to R20)."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.responses import Response

from app.commands.assignments import answer_offer, hand_over
from app.commands.call_outs import take_in_console
from app.commands.decisions import decide
from app.commands.meetings import save_meeting
from app.commands.pages import tick_off_call
from app.domain.accounts import Permission
from app.domain.assignments import Assignment, designated, gaps, needed_roles
from app.domain.decisions import Question, standing
from app.domain.errors import NotAllowedError, NotFoundError, RefusedError
from app.domain.escalation import Outside
from app.domain.first_word import TARGET
from app.domain.incidents import Incident
from app.domain.meeting import Meeting, is_invited
from app.store.assignments import assignments_of
from app.store.incident_people import IncidentPeople, incident_people
from app.store.meetings import meeting
from app.store.roster import the_roster
from app.web.admin.forms import member_of
from app.web.admin.prepare.guides import guide_path
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Allow, Poster, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

Commander = Annotated[Visit, Depends(Allow(Permission.COMMAND))]
Triager = Annotated[Visit, Depends(Allow(Permission.TRIAGE))]

Act = Callable[[Session], object]

router = APIRouter(prefix="/admin/incidents/{incident_id}/people")


@router.get("")
def people(visit: Reader, incident_id: str) -> Response:
    """Who is on it, what waits for an answer, and the log of pages."""
    return _page(visit, incident_id)


@router.get("/{role}/candidates")
def candidates(visit: Commander, incident_id: str, role: str) -> Response:
    """Whoever may take a part, to be asked by choice."""
    return _candidates(visit, incident_id, role)


@router.post("/{role}/offer")
def offer(visit: Commander, incident_id: str, role: str, posted: PostedForm) -> Response:
    """Ask a person to take a part."""
    try:
        with visit.transaction() as session:
            incident = existing_incident(session, incident_id)
            hand_over(session, incident.id, role, posted.text("person"), now=visit.now)
    except RefusedError as error:
        return _candidates(visit, incident_id, role, error.problems)
    return visit.see_other(f"{path(incident_id)}?done=offered")


@router.post("/acknowledgement")
def on_it(visit: Triager, incident_id: str) -> Response:
    """ "On it": nobody else is called for want of an answer."""
    return _attempt(visit, incident_id, lambda session: _take(session, visit, incident_id), "taken")


@router.post("/parts/{assignment_id}/answer")
def answer(visit: Reader, incident_id: str, assignment_id: str, posted: PostedForm) -> Response:
    """Take a part that one is offered, or not; whoever commands answers for those who cannot."""

    def act(session: Session) -> None:
        _check_own(session, visit, incident_id, assignment_id)
        accept = posted.text("answer") == "yes"
        answer_offer(session, assignment_id, accept=accept, account_id=visit.account.id, now=visit.now)

    return _attempt(visit, incident_id, act, "answered")


@router.post("/decisions/{question}")
def decided(visit: Poster, incident_id: str, question: str, posted: PostedForm) -> Response:
    """Answer one of the questions that must be answered."""
    asked = member_of(Question, question)
    if asked is None:
        raise NotFoundError("There is no such question.")
    said, reason = posted.text("answer"), posted.text("reason")
    return _attempt(
        visit, incident_id, lambda session: decide(session, incident_id, asked, said, reason, now=visit.now), "decided",
        posted,
    )  # fmt: skip


@router.post("/meeting")
def meet(visit: Commander, incident_id: str, posted: PostedForm) -> Response:
    """Meet there from now on."""
    place = Meeting(posted.text("bridge"), posted.text("link"), posted.text("chat"))

    def act(session: Session) -> None:
        incident = existing_incident(session, incident_id)
        save_meeting(session, visit.parts.vault, place, key=incident.id, now=visit.now)

    return _attempt(visit, incident_id, act, "met", posted)


@router.post("/calls/{page_id}")
def called(visit: Triager, incident_id: str, page_id: str) -> Response:
    """Tick off a call that a person makes."""
    return _attempt(
        visit, incident_id, lambda session: tick_off_call(session, page_id, visit.account.id, now=visit.now), "called"
    )


def path(incident_id: str) -> str:
    """Where the people of an incident stand."""
    return f"/admin/incidents/{incident_id}/people"


def _take(session: Session, visit: Visit, incident_id: str) -> None:
    incident = existing_incident(session, incident_id)
    take_in_console(session, incident.id, visit.account.id, now=visit.now)


def _check_own(session: Session, visit: Visit, incident_id: str, assignment_id: str) -> None:
    incident = existing_incident(session, incident_id)
    offer = next((each for each in assignments_of(session, incident.id) if each.id == assignment_id), None)
    if offer is None:
        raise NotFoundError("There is no such offer.")
    if offer.account_id != visit.account.id and not visit.may(Permission.COMMAND):
        raise NotAllowedError(f"{offer.person} is asked. Only they, or whoever commands, can answer. Nothing was done.")


def _attempt(visit: Visit, incident_id: str, act: Act, done: str, posted: Posted | None = None) -> Response:
    """Do what a form asks for; where it is refused, the page comes back with the words kept."""
    try:
        with visit.transaction() as session:
            act(session)
    except RefusedError as error:
        return _page(visit, incident_id, error.problems, posted)
    return visit.see_other(f"{path(incident_id)}?done={done}")


def _page(
    visit: Visit, incident_id: str, problems: Mapping[str, str] | None = None, posted: Posted | None = None
) -> Response:
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        around = incident_people(session, incident.id)
        place = _meeting(session, visit, incident, around)
    return visit.page(
        "incidents/people.html",
        status=422 if problems else 200,
        incident=incident,
        around=around,
        room="people",
        parts_needed=_parts(incident, around),
        guide_path=guide_path,
        others=[each for each in around.assignments if each.role not in needed_roles(incident.severity)],
        missing=gaps(around.assignments, incident.severity),
        mine=[each for each in around.assignments if each.account_id == visit.account.id],
        answers=standing(around.decisions, visit.now),
        questions=list(Question),
        meets_at=place,
        invited=is_invited(around.assignments, visit.account.id),
        target=TARGET,
        outside={each.value: each.in_words for each in Outside},
        problems=problems or {},
        said=posted or Posted(),
        done=visit.request.query_params.get("done", "") if visit.request.method == "GET" else "",
    )


def _parts(incident: Incident, around: IncidentPeople) -> list[tuple[str, str, Assignment | None, list[Assignment]]]:
    """Each part that is needed: its key and name, whose it is meant to be, and who was asked before."""
    found = []
    for role in needed_roles(incident.severity):
        now_with = designated(around.assignments, role)
        before = [each for each in around.assignments if each.role == role and each is not now_with]
        found.append((role, around.roles.get(role, role), now_with, before))
    return found


def _meeting(session: Session, visit: Visit, incident: Incident, around: IncidentPeople) -> Meeting | None:
    """Where they meet, for those who are invited and whoever commands; to nobody else (R17)."""
    if is_invited(around.assignments, visit.account.id) or visit.may(Permission.COMMAND):
        return meeting(session, visit.parts.vault, incident.id)
    return None


def _candidates(visit: Visit, incident_id: str, role: str, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        incident, roster = existing_incident(session, incident_id), the_roster(session, visit.now)
    part = roster.role(role)
    if part is None:
        raise NotFoundError("There is no such part.")
    return visit.page(
        "incidents/candidates.html",
        status=422 if problems else 200,
        incident=incident,
        part=part,
        people=roster.holders(role),
        on_duty=roster.on_duty(role, visit.now),
        problems=problems or {},
    )
