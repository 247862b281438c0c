""" "I'm having trouble too": one tap from the page, without a sign-in, a script or a cookie (page.md, 9).

    /is-it-me, / ── POST ──▶ /is-it-me/reports ── 303 ──▶ /is-it-me/reports/{slug}   the honest answer

Each address exists once per language. What is asked is one service and nothing about the person;
who wants to hear back may say more in a second step (`app.web.trouble_tickets`).
"""

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import FastAPI
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.commands.reports import report_trouble
from app.commands.sign_ins import network_of
from app.commands.suspicions import OnSuspected, tell_nobody
from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.errors import NotFoundError, RefusedError
from app.domain.reports import ReportLimits
from app.domain.sign_ups import SignUpLimits
from app.publish.addresses import in_language
from app.publish.is_it_me import Fault, self_check
from app.publish.language import LANGUAGES, Language
from app.publish.living_pages import fault_words, reason_words
from app.publish.snapshot import PublicSnapshot
from app.store.component_facts import component_facts
from app.store.components import live_components
from app.store.incidents import open_incidents
from app.store.organisation import the_organisation
from app.store.session import Database
from app.store.standing import states_in_force
from app.store.vault import Vault
from app.web.auth import FOR_ANYONE
from app.web.posted import PostedForm
from app.web.public_forms import guard_forms, in_a_sentence
from app.web.public_pages import language_code, page
from app.web.robots import Toll
from app.web.sign_up_form import asked_for
from app.web.trouble_tickets import ANSWERS, TicketDesk, Wish, wish_agreement, wish_problems

PATH = "/is-it-me/reports"
BODY_MOST = 32_000
PATHS = tuple(in_language(PATH, code) for code in LANGUAGES)
"""Everything at or below these belongs to this application."""


@dataclass(frozen=True, slots=True)
class ReportParts:
    """What the reports work with, handed in by the composition root.

    Without a `vault` nobody can leave an address; `channels` are those that can send an answer.
    """

    database: Database
    public_url: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    limits: ReportLimits = field(default_factory=ReportLimits)
    on_suspected: OnSuspected = tell_nobody
    vault: Vault | None = None
    sign_up_limits: SignUpLimits = field(default_factory=SignUpLimits)
    channels: Set[Channel] = ALL_CHANNELS


_AWAY = "This cannot be counted at the moment. Call the help desk if it is urgent."


def build_reports(parts: ReportParts, *, secure: bool) -> FastAPI:
    """The reports as an application of its own."""
    app = FastAPI(title="Porchlight reports", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.parts = parts
    for path in PATHS:
        app.add_api_route(path, take_report, methods=["POST"], dependencies=FOR_ANYONE)
        app.add_api_route(path, to_the_page, methods=["GET", "HEAD"], dependencies=FOR_ANYONE)
        app.add_api_route(f"{path}/{{slug}}", answer, methods=["GET", "HEAD"], dependencies=FOR_ANYONE)
        app.add_api_route(f"{path}/{{slug}}/tickets", take_wish, methods=["POST"], dependencies=FOR_ANYONE)
        app.add_api_route(f"{path}/{{slug}}/tickets", taken, methods=["GET", "HEAD"], dependencies=FOR_ANYONE)
    guard_forms(app, in_a_sentence(_AWAY), secure=secure, most=BODY_MOST)
    return app


def take_report(request: Request, posted: PostedForm) -> Response:
    """Count one report; whether it counted or not, the answer is shown."""
    parts: ReportParts = request.app.state.parts
    slug = posted.text("component")[:200]
    network = network_of(request.client.host if request.client else "")
    with parts.database.transaction() as session:
        is_counted = report_trouble(
            session, slug, network, parts.limits, now=parts.clock(), on_suspected=parts.on_suspected
        )
    path = in_language(f"{PATH}/{slug}", language_code(request.url.path))
    headers = {"Cache-Control": "no-store"}
    return RedirectResponse(path if is_counted else f"{path}?again=1", 303, headers=headers)


def answer(request: Request, slug: str, again: str = "") -> Response:
    """The answer for one service as it is at this moment.

    Raises:
        NotFoundError: it is not on the page.
    """
    return _answer(request, slug, Wish(), is_again=bool(again))


def take_wish(request: Request, slug: str, posted: PostedForm) -> Response:
    """Somebody wants to hear back: their report becomes a ticket (R11). Any address gets the same answer."""
    parts: ReportParts = request.app.state.parts
    wish = Wish.read(posted)
    desk = _desk(request, parts)
    try:
        number = desk.open(slug, wish, posted)
    except RefusedError as error:
        return _answer(request, slug, wish, error=error, opened=posted.text("opened"))
    path = in_language(f"{PATH}/{slug}/tickets", language_code(request.url.path))
    return RedirectResponse(f"{path}?number={desk.sealed(number)}", 303, headers={"Cache-Control": "no-store"})


def taken(request: Request, slug: str, number: str = "") -> Response:
    """The page after the second step, with the ticket's number.

    Raises:
        NotFoundError: it was not sealed here within the last day.
    """
    parts: ReportParts = request.app.state.parts
    with parts.database.read() as session:
        organisation = the_organisation(session)
    label = f"T-{_desk(request, parts).unsealed(number)}"
    return page(request, organisation, "ticket_taken.html", lit=False, label=label, slug=slug)


def _answer(
    request: Request,
    slug: str,
    wish: Wish,
    *,
    is_again: bool = False,
    error: RefusedError | None = None,
    opened: str = "",
) -> Response:
    parts: ReportParts = request.app.state.parts
    with parts.database.read() as session:
        snapshot = snapshot_now(session, parts.public_url, parts.clock())
    language = Language(language_code(request.url.path), snapshot.organisation.zone)
    check = self_check(snapshot, language, slug)
    if check is None:
        raise NotFoundError("This service is not on the page.")
    problems = wish_problems(error, language) if error else {}
    return page(
        request,
        snapshot.organisation,
        "reported.html",
        status=(429 if "busy" in error.problems else 422) if error else 200,
        lit=check.reason.fault is Fault.US,
        check=check,
        again=is_again,
        faults=fault_words(language),
        reasons=reason_words(language),
        wish=wish,
        problems=problems,
        opened=_desk(request, parts).seal(opened) if parts.vault else "",
        address_label=asked_for(language, parts.channels & ANSWERS),
        agreement=wish_agreement(language, snapshot.organisation.name),
    )


def _desk(request: Request, parts: ReportParts) -> TicketDesk:
    """Whoever takes wishes here.

    Raises:
        NotFoundError: nobody does.
    """
    if parts.vault is None:
        raise NotFoundError("Nobody answers reports here.")
    network = network_of(request.client.host if request.client else "")
    toll = Toll(parts.database, parts.vault, parts.sign_up_limits, network, parts.clock())
    return TicketDesk(toll, language_code(request.url.path), parts.channels & ANSWERS)


def to_the_page(request: Request) -> Response:
    """Whoever comes back without a service finds them all."""
    return RedirectResponse(in_language("/is-it-me", language_code(request.url.path)), 303)


def snapshot_now(session: Session, public_url: str, now: datetime) -> PublicSnapshot:
    """The public state without its past: enough for the answer of this moment."""
    return PublicSnapshot(
        organisation=the_organisation(session),
        public_url=public_url,
        as_of=now,
        groups=(),
        components=live_components(session, states_in_force(session)),
        incidents=tuple(open_incidents(session)),
        maintenances=(),
        facts=component_facts(session, now),
    )
