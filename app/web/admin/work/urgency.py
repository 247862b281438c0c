"""The four questions about one incident, on a page of their own (R6)."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.urgency import answer_urgency
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.urgency import QUESTIONS, UrgencyAnswers
from app.store.incidents import incident_row, urgency_answers
from app.web.auth import Poster
from app.web.posted import PostedForm
from app.web.visit import Visit

router = APIRouter(prefix="/admin/incidents")


@router.get("/{incident_id}/urgency")
def questions(visit: Poster, incident_id: str) -> Response:
    """The questions, with what was answered before."""
    return _page(visit, incident_id)


@router.post("/{incident_id}/urgency")
def answer(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Keep the answers; the urgency follows."""
    said = {name: posted.text(name) for name in QUESTIONS}
    try:
        answers = _answers(said)
        with visit.transaction() as session:
            answer_urgency(session, incident_id, answers, now=visit.now, expected_version=posted.number("version"))
    except RefusedError as error:
        return _page(visit, incident_id, said, error.problems)
    except StaleVersionError as error:
        return _page(visit, incident_id, said, {"": f"{error} Look once more, then answer."}, status=409)
    return visit.see_other(f"/admin/incidents/{incident_id}?weighed=1")


def _answers(said: Mapping[str, str]) -> UrgencyAnswers:
    missing = [name for name in QUESTIONS if said[name] not in ("yes", "no")]
    if missing:
        raise RefusedError(dict.fromkeys(missing, "Answer with yes or no."))
    return UrgencyAnswers(**{name: said[name] == "yes" for name in QUESTIONS})


def _page(
    visit: Visit,
    incident_id: str,
    said: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    status: int = 422,
) -> Response:
    with visit.database.read() as session:
        row = incident_row(session, incident_id)
    if row is None:
        raise NotFoundError("There is no such incident.")
    kept = urgency_answers(row)
    before = {name: "yes" if getattr(kept, name) else "no" for name in QUESTIONS} if kept else {}
    return visit.page(
        "incidents/urgency.html",
        status=status if problems else 200,
        incident=row,
        questions=QUESTIONS,
        said=before if said is None else said,
        kept=kept,
        problems=problems or {},
    )
