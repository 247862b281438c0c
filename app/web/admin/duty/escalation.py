"""The escalation matrix, whom it names outside, the meeting place, and the rules of the first word (R15, R16, R26)."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.responses import Response

from app.commands.escalation import ContactDraft, add_contact, drop_contact, drop_step, save_step, save_usual_steps
from app.commands.first_words import save_rules
from app.commands.meetings import save_meeting
from app.domain.accounts import Permission
from app.domain.errors import RefusedError
from app.domain.escalation import MINUTES_MOST, By, EscalationStep, Outside
from app.domain.first_word import MINUTES_MOST as WAIT_MOST
from app.domain.first_word import AutomaticRule
from app.domain.meeting import Meeting
from app.domain.severity import Severity
from app.store.escalation import matrix, outside_contacts
from app.store.first_words import first_word_rules
from app.store.meetings import meeting
from app.store.roster import roster_roles
from app.store.vendors import all_vendors
from app.web.admin.forms import Reading, member_of
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Allow, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

ESCALATION = "/admin/escalation"

Commander = Annotated[Visit, Depends(Allow(Permission.COMMAND))]

router = APIRouter(prefix=ESCALATION)


@router.get("")
def escalation(visit: Reader) -> Response:
    """The matrix row by row, and what belongs to it."""
    return _page(visit)


@router.post("/usual-steps")
def begin(visit: SettingsEditor) -> Response:
    """Begin with the usual matrix."""
    return _attempt(visit, None, lambda session: save_usual_steps(session, now=visit.now), "begun")


@router.post("/steps")
def add_step(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Enter a step."""
    return _attempt(visit, posted, lambda session: save_step(session, _step(visit, posted), now=visit.now), "step")


@router.post("/steps/{step_id}")
def change_step(visit: SettingsEditor, step_id: str, posted: PostedForm) -> Response:
    """Change a step."""
    return _attempt(
        visit, posted, lambda session: save_step(session, _step(visit, posted, step_id), now=visit.now), "step"
    )


@router.post("/steps/{step_id}/removal")
def remove_step(visit: SettingsEditor, step_id: str) -> Response:
    """Take a step out."""
    return _attempt(visit, None, lambda session: drop_step(session, step_id, now=visit.now), "dropped")


@router.post("/contacts")
def enter_contact(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Enter somebody outside the roster."""

    def act(session: Session) -> None:
        kind = member_of(Outside, posted.text("kind"))
        if kind is None:
            raise RefusedError({"kind": "Choose who this is."})
        draft = ContactDraft(kind, posted.text("name"), posted.text("phone"), posted.text("email"))
        add_contact(session, visit.parts.vault, draft, now=visit.now)

    return _attempt(visit, posted, act, "contact")


@router.post("/contacts/{contact_id}/removal")
def remove_contact(visit: SettingsEditor, contact_id: str) -> Response:
    """Take somebody outside off the list."""
    return _attempt(visit, None, lambda session: drop_contact(session, contact_id, now=visit.now), "dropped")


@router.post("/meeting")
def usual_meeting(visit: Commander, posted: PostedForm) -> Response:
    """Where the people of every new incident meet."""
    place = Meeting(posted.text("bridge"), posted.text("link"), posted.text("chat"))
    return _attempt(
        visit, posted, lambda session: save_meeting(session, visit.parts.vault, place, now=visit.now), "meeting"
    )


@router.post("/first-words")
def first_word_policy(visit: Commander, posted: PostedForm) -> Response:
    """At which severities a first word may go out by itself, and how soon."""

    def act(session: Session) -> None:
        reading, rules = Reading(visit.zone), {}
        for severity in Severity:
            if posted.has(f"automatic_{severity}"):
                wait = reading.minutes(f"wait_{severity}", posted.text(f"wait_{severity}"), most=WAIT_MOST)
                confirm = reading.minutes(f"confirm_{severity}", posted.text(f"confirm_{severity}"), most=WAIT_MOST)
                rules[severity] = AutomaticRule(severity, wait, confirm)
        reading.refuse()
        save_rules(session, rules, now=visit.now)

    return _attempt(visit, posted, act, "first_word")


def _step(visit: Visit, posted: Posted, step_id: str = "") -> EscalationStep:
    reading = Reading(visit.zone)
    severity = reading.member("severity", posted.text("severity"), Severity)
    after = reading.minutes("after_minutes", posted.text("after_minutes"), most=MINUTES_MOST)
    reading.refuse()
    ways = tuple(way for way in By if way in posted.all("by"))
    if severity is None:
        raise RefusedError({"severity": "Choose how bad it is."})
    return EscalationStep(step_id, severity, after, posted.has("only_unanswered"), tuple(posted.all("notify")), ways)


def _attempt(visit: Visit, posted: Posted | None, act: Callable[[Session], object], done: str) -> Response:
    try:
        with visit.transaction() as session:
            act(session)
    except RefusedError as error:
        return _page(visit, error.problems, posted)
    return visit.see_other(f"{ESCALATION}?done={done}")


def _page(visit: Visit, problems: Mapping[str, str] | None = None, posted: Posted | None = None) -> Response:
    with visit.database.read() as session:
        roles, steps = roster_roles(session), matrix(session)
        contacts, rules = outside_contacts(session), first_word_rules(session)
        has_vendors = bool(all_vendors(session))
        place = meeting(session, visit.parts.vault) if visit.may(Permission.COMMAND) else None
    names = {role.key: role.name for role in roles} | {each.value: each.in_words for each in Outside}
    named = {key for step in steps for key in step.notify}
    reached = {row.kind for row in contacts} | ({Outside.VENDOR} if has_vendors else set())
    return visit.page(
        "escalation/index.html",
        status=422 if problems else 200,
        steps=[(severity, [step for step in steps if step.severity is severity]) for severity in Severity],
        names=names,
        ways=list(By),
        outside=list(Outside),
        contacts=contacts,
        unreached=[each.in_words for each in Outside if each in named - reached],
        rules=rules,
        meets_at=place or Meeting(),
        may_command=visit.may(Permission.COMMAND),
        has_roles=bool(roles),
        problems=problems or {},
        said=posted or Posted(),
        done=visit.request.query_params.get("done", "") if visit.request.method == "GET" else "",
    )
