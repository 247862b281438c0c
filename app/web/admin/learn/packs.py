"""The questions that the law of a place asks of a report, each answered with a date (R71)."""

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.packs import answer_questions
from app.domain.accounts import Permission
from app.domain.errors import RefusedError
from app.domain.packs import PackAnswer, questions_in_force
from app.store.packs import pack_answers, packs
from app.web.admin.forms import Reading
from app.web.admin.speak.incident_forms import existing_incident
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents")


@router.get("/{incident_id}/questions")
def questions_page(visit: Reader, incident_id: str) -> Response:
    """Every question of the packs in force, and what was answered."""
    return _page(visit, incident_id)


@router.post("/{incident_id}/questions")
def answer(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Keep what is answered so far."""
    try:
        with visit.transaction() as session:
            asked = [(pack.key, question) for pack, question in questions_in_force(packs(session))]
            answer_questions(session, incident_id, _answers(visit, posted, asked), now=visit.now)
    except RefusedError as error:
        return _page(visit, incident_id, problems=error.problems, typed=posted)
    return visit.see_other(f"/admin/incidents/{incident_id}/questions?kept=1")


def _answers(
    visit: Visit, posted: Posted, asked: list[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, date | None]]:
    """The fields are numbered in the order of the questions; a form that is older than a pack is not believed."""
    reading = Reading(visit.zone)
    found = {}
    for number, key in enumerate(asked):
        if posted.text(f"question-{number}") != key[1]:
            raise RefusedError("The questions have changed since you opened this page. Look at them once more.")
        on = reading.day(f"on-{number}", posted.text(f"on-{number}"))
        found[key] = (posted.text(f"answer-{number}"), on)
    reading.refuse()
    return found


def _page(
    visit: Visit, incident_id: str, *, problems: Mapping[str, str] | None = None, typed: Posted | None = None
) -> Response:
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        known = {(each.pack, each.question): each for each in pack_answers(session, incident.id)}
        asked = questions_in_force(packs(session))
    rows = [
        (
            pack.name,
            question,
            typed.text(f"answer-{number}") if typed else _words(known.get((pack.key, question))),
            typed.text(f"on-{number}") if typed else _day(known.get((pack.key, question))),
        )
        for number, (pack, question) in enumerate(asked)
    ]
    return visit.page(
        "incidents/questions.html",
        status=422 if problems else 200,
        incident=incident,
        rows=rows,
        may_answer=visit.may(Permission.POST) and incident.resolved_at is not None,
        problems=problems or {},
        kept=visit.is_after("kept"),
    )


def _words(known: PackAnswer | None) -> str:
    return known.answer if known else ""


def _day(known: PackAnswer | None) -> str:
    return known.on.isoformat() if known and known.on else ""
