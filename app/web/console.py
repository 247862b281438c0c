"""The console as an application of its own: routes, guards, errors and files, built from what it is handed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.commands.suspicions import OnSuspected, tell_nobody
from app.domain.accounts import SignInLimits
from app.domain.errors import NotFoundError
from app.domain.examination import Check
from app.domain.failover_desk import FailoverDesk
from app.publish.without_database import WithoutDatabase
from app.store.session import Database
from app.store.vault import Vault
from app.web import confirm, invitation, passkeys, sign_in
from app.web import oidc as oidc_sign_in
from app.web.admin import board, more
from app.web.admin import without_database as without_database_section
from app.web.admin.components import component_editing, component_graph, component_order, components
from app.web.admin.duty import escalation, pages, posting_by_text, roster, roster_people
from app.web.admin.learn import actions, circulation, evidence, measures, observations, packs, report, report_day
from app.web.admin.members import deliveries, lexicon, message_templates, phone, subscribers, tray
from app.web.admin.planned import maintenance, maintenance_calendar, maintenance_planning
from app.web.admin.prepare import checks, closing, drills, guides, known_issues, plan, readiness, redundancy, vendors
from app.web.admin.prepare import failover as failover_section
from app.web.admin.settings import accounts, audit, holidays, keys, me, organisation, pack_editing
from app.web.admin.speak import approvals, incidents, message_plan, previews, social
from app.web.admin.triage import reports, ticket_answers, ticket_calls, tickets
from app.web.admin.work import (
    findings,
    incident_people,
    recovery_steps,
    repeats,
    urgency,
    work,
    work_files,
    work_recovery,
)
from app.web.auth import FOR_ANYONE, Allow, Anyone
from app.web.errors import Failures, problem_page, speak_plainly
from app.web.oidc_errand import OtherSignIn
from app.web.security import BoundedBody, ConsoleHosts, SameOrigin, SecurityHeaders
from app.web.static import PREFIX, console_assets
from app.web.templating import console_templates
from app.web.visit import Newest, Parts, parts_of


def build_console(
    database: Database,
    *,
    vault: Vault,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    secure_cookies: bool,
    public_url: str,
    admin_hosts: Collection[str],
    sign_in_lifetime: timedelta = timedelta(hours=12),
    sign_in_idle: timedelta = timedelta(hours=2),
    newest: Newest = lambda: None,
    console_url: str = "",
    second_factor_required: bool = False,
    oidc: OtherSignIn | None = None,
    csrf_exempt: Collection[str] = (),
    sms_price: float = 0.0,
    sms_per_day: int = 0,
    failover: Callable[[], FailoverDesk] | None = None,
    without_database: WithoutDatabase | None = None,
    examine: Callable[[], Sequence[Check]] | None = None,
    polly_voices: Mapping[str, str] | None = None,
    on_suspected: OnSuspected = tell_nobody,
) -> FastAPI:
    """The console under /admin. Whoever wraps it may add routes; each needs a guard of `app.web.auth`.

    `vault` opens the addresses of subscribers. `secure_cookies` says that browsers come by https. A
    browser stays signed in for `sign_in_lifetime`, and for `sign_in_idle` without a request. `newest`
    tells the generation published last and when. `console_url` is the console's own address, which
    passkeys are bound to. With `second_factor_required` a password alone lets nobody in who may do more
    than read. `csrf_exempt` are paths of signed webhooks. `sms_price` is what one segment of a text
    costs, `sms_per_day` what a carrier takes of them, 0 where nobody said. `failover` gives whoever
    changes where the MLS's names lead. `without_database` publishes while the database is away,
    `examine` looks what would fail tonight. `polly_voices` are Amazon's voices by language, for the
    sound of the announcement. `on_suspected` hears of every new suspicion.

    Raises:
        RuntimeError: a route has no guard.
    """
    app = FastAPI(title="Porchlight console", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.parts = Parts(
        database=database,
        vault=vault,
        clock=clock,
        templates=console_templates(),
        assets=console_assets(),
        limits=SignInLimits(idle=sign_in_idle, absolute=sign_in_lifetime),
        newest=newest,
        public_url=public_url,
        secure_cookies=secure_cookies,
        sms_price=sms_price,
        sms_per_day=sms_per_day,
        failover=failover,
        without_database=without_database,
        examine=examine,
        console_url=console_url,
        second_factor_required=second_factor_required,
        oidc=oidc,
        polly_voices=polly_voices or {},
        on_suspected=on_suspected,
    )
    app.router.routes.extend(_routes())
    _add_guards(app, secure=secure_cookies, hosts=admin_hosts, exempt=csrf_exempt)
    speak_plainly(app)
    check_guards(app)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """What every console of this process answers. Worked out once, for it takes a tenth of a second."""
    console = APIRouter()
    console.add_api_route(PREFIX + "{name}", _static_file, methods=["GET", "HEAD"], dependencies=FOR_ANYONE)
    for noun in (
        sign_in,
        confirm,
        passkeys,
        oidc_sign_in,
        invitation,
        accounts,
        me,
        board,
        more,
        approvals,
        previews,
        urgency,
        incident_people,
        message_plan,
        report,
        observations,
        packs,
        circulation,
        evidence,
        repeats,
        actions,
        measures,
        incidents,
        work,
        work_recovery,
        work_files,
        findings,
        known_issues,
        recovery_steps,
        component_graph,
        component_order,
        component_editing,
        components,
        maintenance_calendar,
        maintenance_planning,
        maintenance,
        subscribers,
        deliveries,
        social,
        failover_section,
        report_day,
        reports,
        ticket_calls,
        ticket_answers,
        tickets,
        checks,
        tray,
        keys,
        organisation,
        holidays,
        pack_editing,
        roster_people,
        roster,
        pages,
        escalation,
        lexicon,
        message_templates,
        audit,
        posting_by_text,
        readiness,
        phone,
        vendors,
        redundancy,
        plan,
        drills,
        closing,
        guides,
        without_database_section,
    ):
        console.include_router(noun.router)
    console.add_api_route("/admin/{path:path}", _nothing_here, methods=["GET", "HEAD"], dependencies=FOR_ANYONE)
    return tuple(console.routes)


def _add_guards(app: FastAPI, *, secure: bool, hosts: Collection[str], exempt: Collection[str]) -> None:
    """From the inside out: what is added last is asked first."""
    app.add_middleware(Failures)
    app.add_middleware(BoundedBody, refusal=_refusal(app))
    app.add_middleware(SameOrigin, secure=secure, refusal=_refusal(app), exempt=exempt)
    app.add_middleware(ConsoleHosts, hosts=hosts, refusal=_refusal(app))
    app.add_middleware(SecurityHeaders, secure=secure)


def _refusal(app: FastAPI) -> Callable[[Request, int, str], Response]:
    """The page of a guard, which answers before the application has put itself in the scope."""

    def refuse(request: Request, status: int, sentence: str) -> Response:
        request.scope["app"] = app
        return problem_page(request, status, sentence)

    return refuse


def check_guards(app: FastAPI) -> None:
    """Stop a start with a route that forgot to say who may use it (security.md, "denies by default").

    Raises:
        RuntimeError: there is one.
    """
    for route in iter_route_contexts(app.routes):
        if not guards_of(route):
            raise RuntimeError(f"{route.path} says neither Allow nor Anyone")


def guards_of(route: RouteContext) -> list[Allow | Anyone]:
    """The guards of a route; a plain Starlette route or a mount has none."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    return _guards_among(dependant.dependencies) if dependant else []


def _guards_among(dependencies: list[Dependant]) -> list[Allow | Anyone]:
    found = [item.call for item in dependencies if isinstance(item.call, Allow | Anyone)]
    return found + [guard for item in dependencies for guard in _guards_among(item.dependencies)]


def _static_file(request: Request) -> Response:
    return parts_of(request).assets.response(request)


def _nothing_here() -> Response:
    raise NotFoundError("No page of the console stands at this address.")
