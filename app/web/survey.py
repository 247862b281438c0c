"""Two questions after an outage, without a sign-in: a GET only shows them, a POST keeps the answer (R47).

    resolved mail, /incidents/{id} ──▶ GET /survey/{id} ── POST ──▶ 303 ──▶ GET /survey/{id}?thanks=1

And the report for people outside: their signed link shows it, a button says that they read it (R62).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.commands.circulation import confirm_reading
from app.commands.sign_ins import network_of
from app.commands.survey import answer_survey, asked_incident
from app.domain.errors import NotFoundError, RefusedError
from app.domain.report import without_names
from app.domain.survey import SurveyLimits, check_answer
from app.publish.addresses import in_language, survey_path
from app.publish.language import LANGUAGES, Language
from app.publish.report import report_of
from app.store.circulation import READING, reader_of
from app.store.incidents import the_incident
from app.store.organisation import the_organisation
from app.store.report_facts import report_facts
from app.store.session import Database
from app.store.timeline import timeline_of
from app.store.vault import Vault
from app.web.auth import FOR_ANYONE
from app.web.posted import PostedForm
from app.web.public_forms import guard_forms, in_a_sentence
from app.web.public_pages import language_code, page

SURVEY = "/survey"
BODY_MOST = 8_000
PATHS = (*(in_language(SURVEY, code) for code in LANGUAGES), READING.rstrip("/"))
"""Everything at or below these belongs to this application."""


@dataclass(frozen=True, slots=True)
class SurveyParts:
    """What it works with, handed in by the composition root."""

    database: Database
    vault: Vault
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    limits: SurveyLimits = field(default_factory=SurveyLimits)


_AWAY = "This cannot be kept at the moment. Please try again later."


def build_survey(parts: SurveyParts, *, secure: bool) -> FastAPI:
    """Both as an application of its own."""
    app = FastAPI(title="Porchlight survey", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.parts = parts
    for code in LANGUAGES:
        path = in_language(f"{SURVEY}/{{incident_id}}", code)
        app.add_api_route(path, ask, methods=["GET", "HEAD"], dependencies=FOR_ANYONE)
        app.add_api_route(path, answer, methods=["POST"], dependencies=FOR_ANYONE)
    app.add_api_route(f"{READING}{{token}}", show_report, methods=["GET", "HEAD"], dependencies=FOR_ANYONE)
    app.add_api_route(f"{READING}{{token}}", confirm, methods=["POST"], dependencies=FOR_ANYONE)
    guard_forms(app, in_a_sentence(_AWAY), secure=secure, most=BODY_MOST)
    return app


def ask(request: Request, incident_id: str, thanks: str = "") -> Response:
    """The two questions, or the thanks for the answer."""
    return _questions(request, incident_id, thanks=thanks)


def answer(request: Request, incident_id: str, posted: PostedForm) -> Response:
    """Keep one answer; whether it counted or not, the person is thanked."""
    parts: SurveyParts = request.app.state.parts
    code = language_code(request.url.path)
    said = {name: posted.text(name) for name in ("told", "worked", "words")}
    try:
        given = replace(check_answer(said["told"], said["worked"], said["words"]), language=code)
    except RefusedError as error:
        return _questions(request, incident_id, said=said, problems=error.problems)
    network = network_of(request.client.host if request.client else "")
    with parts.database.transaction() as session:
        is_kept = answer_survey(session, incident_id, given, network, parts.limits, now=parts.clock())
    path = in_language(survey_path(incident_id), code)
    return RedirectResponse(f"{path}?thanks={'1' if is_kept else 'enough'}", 303, headers={"Cache-Control": "no-store"})


def show_report(request: Request, token: str, read: str = "") -> Response:
    """The report for one reader outside: teams and no persons. Looking at it notes nothing.

    Raises:
        NotFoundError: the link was not made here.
    """
    parts: SurveyParts = request.app.state.parts
    with parts.database.read() as session:
        reader = reader_of(session, parts.vault, token)
        organisation, incident = the_organisation(session), the_incident(session, reader.incident_id)
        if incident is None:
            raise NotFoundError("This report is no longer sent to you.")
        facts, course = report_facts(session, incident.id), timeline_of(session, incident.id)
        named = {entry.who: "" for entry in course if entry.who} | dict(facts.teams)
    language = Language("en", organisation.zone)
    report = without_names(report_of(incident, course, facts, language), named)
    return page(
        request,
        organisation,
        "reading.html",
        report=report,
        reader=reader,
        token=token,
        just_read=bool(read),
    )


def confirm(request: Request, token: str) -> Response:
    """Note that this reader says that they read it."""
    parts: SurveyParts = request.app.state.parts
    with parts.database.transaction() as session:
        confirm_reading(session, parts.vault, token, now=parts.clock())
    return RedirectResponse(f"{READING}{token}?read=1", 303, headers={"Cache-Control": "no-store"})


def _questions(
    request: Request,
    incident_id: str,
    *,
    said: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    thanks: str = "",
) -> Response:
    parts: SurveyParts = request.app.state.parts
    with parts.database.read() as session:
        incident = asked_incident(session, incident_id, now=parts.clock())
        organisation = the_organisation(session)
    return page(
        request,
        organisation,
        "survey.html",
        status=422 if problems else 200,
        record=incident,
        said=said or {},
        problems=problems or {},
        thanks=thanks,
    )
