"""What has to be done after incidents: who owns it, by when, done or overdue; and its log as a file (R47, R59)."""

import csv
from collections.abc import Mapping
from io import StringIO

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.actions import complete_action, open_action, postpone_action, reopen_action
from app.commands.audit import note
from app.domain.accounts import Permission
from app.domain.actions import ActionItem, ActionKind
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.store.actions import done_actions, open_actions
from app.store.incidents import incident_row, titles_of
from app.store.probes import probe_rows
from app.store.roster import people
from app.web.admin.forms import Reading
from app.web.auth import Exporter, Poster, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

ACTIONS = "/admin/actions"
_DONE_MOST = 50
_ALL = 100_000

router = APIRouter(prefix=ACTIONS)


@router.get("")
def actions_page(visit: Reader, incident: str = "") -> Response:
    """What is open, overdue first, and what was done last; `incident` names one for the form."""
    return _page(visit, Posted((("incident", incident[:12]),)))


@router.post("")
def open_one(visit: Poster, posted: PostedForm) -> Response:
    """Note something that has to be done."""
    try:
        reading = Reading(visit.zone)
        kind = reading.member("kind", posted.text("kind"), ActionKind)
        due_on = reading.day("due_on", posted.text("due_on"))
        if due_on is None:
            reading.problems.setdefault("due_on", "Choose the day by which it is done.")
        if kind is None or due_on is None:
            reading.problems.setdefault("kind", "Choose what kind of action it is.")
            raise RefusedError(reading.problems)
        with visit.transaction() as session:
            incident = incident_row(session, posted.text("incident")) if posted.text("incident") else None
            open_action(
                session,
                incident_id=incident.id if incident else None,
                kind=kind,
                words=posted.text("words"),
                owner=posted.text("owner"),
                due_on=due_on,
                now=visit.now,
            )
    except RefusedError as error:
        return _page(visit, posted, error.problems)
    return visit.see_other(f"{ACTIONS}?opened=1")


@router.post("/{action_id}/completion")
def complete(visit: Poster, action_id: str, posted: PostedForm) -> Response:
    """Say that it is done, and what shows it."""
    try:
        with visit.transaction() as session:
            complete_action(session, action_id, proof=posted.text("proof"), now=visit.now)
    except RefusedError as error:
        return _page(visit, Posted(), {f"proof-{action_id}": str(error)})
    return visit.see_other(f"{ACTIONS}?completed=1")


@router.post("/{action_id}/reopening")
def reopen(visit: Poster, action_id: str) -> Response:
    """Say that it is not done after all."""
    try:
        with visit.transaction() as session:
            reopen_action(session, action_id, now=visit.now)
    except RefusedError as error:
        return _page(visit, Posted(), error.problems)
    return visit.see_other(f"{ACTIONS}?reopened=1")


@router.post("/{action_id}/due-day")
def postpone(visit: Poster, action_id: str, posted: PostedForm) -> Response:
    """Give it another day."""
    try:
        reading = Reading(visit.zone)
        due_on = reading.day("due_on", posted.text("due_on"))
        reading.refuse()
        if due_on is None:
            raise RefusedError("Choose the day by which it is done.")
        with visit.transaction() as session:
            postpone_action(session, action_id, due_on, now=visit.now)
    except RefusedError as error:
        return _page(visit, Posted(), {f"proof-{action_id}": str(error)})
    return visit.see_other(f"{ACTIONS}?moved=1")


@router.post("/log")
def log(visit: Exporter) -> Response:
    """The log of corrective actions as CSV: every action with its incident, owner, day and proof (ISO 9001, 10.2)."""
    with visit.transaction() as session:
        note(session, "actions.exported", Subject("actions", "log"), now=visit.now)
        actions = [*open_actions(session), *done_actions(session, skip=0, most=_ALL)]
        titles = titles_of(session, {action.incident_id for action in actions if action.incident_id})
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(["opened", "kind", "action", "owner", "due", "done", "proof", "incident", "title"])
    for action in sorted(actions, key=lambda each: each.opened_at):
        writer.writerow(map(_cell, _line(visit, action, titles)))
    name = f"corrective-actions-{visit.now.astimezone(visit.zone):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _line(visit: Visit, action: ActionItem, titles: Mapping[str, str]) -> list[str]:
    return [
        f"{action.opened_at.astimezone(visit.zone):%Y-%m-%d}",
        action.kind.in_words,
        action.words,
        action.owner,
        action.due_on.isoformat(),
        f"{action.done_at.astimezone(visit.zone):%Y-%m-%d}" if action.done_at else "",
        action.proof,
        action.incident_id or "",
        titles.get(action.incident_id or "", ""),
    ]


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, "CSV injection")."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _page(visit: Visit, typed: Posted, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        opened, ended = open_actions(session), done_actions(session, skip=0, most=_DONE_MOST)
        titles = titles_of(session, {each.incident_id for each in (*opened, *ended) if each.incident_id})
        named = titles.get(typed.text("incident")) or ""
        if typed.text("incident") and not named and (row := incident_row(session, typed.text("incident"))):
            named = row.title
        owners = sorted({name for person in people(session) for name in (person.name, person.team) if name})
        probes = [(row.id, f"{slug}: {row.kind}") for row, slug in probe_rows(session)]
    today = visit.now.astimezone(visit.zone).date()
    return visit.page(
        "actions/index.html",
        status=422 if problems else 200,
        opened=opened,
        ended=ended,
        titles=titles,
        named=named,
        today=today,
        late=sum(action.is_overdue(today) for action in opened),
        owners=owners,
        probes=probes,
        kinds=list(ActionKind),
        typed=typed,
        may_change=visit.may(Permission.POST),
        problems=problems or {},
        done_words=next((words for name, words in _SAID.items() if visit.is_after(name)), ""),
    )


_SAID = {
    "opened": "Noted. Its owner finds it in this list.",
    "completed": "Done.",
    "reopened": "It is open again.",
    "moved": "It has another day now.",
}
