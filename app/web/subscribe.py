"""The public sign-up: ask, prove the address by code or link, change, and leave. No sign-in anywhere.

    /subscribe ── POST ──▶ /subscribe/sent ── code ──▶ /subscribe/confirmation ─┐
                     └──▶ mail ── link ──▶ /subscribe/confirmation/{token} ─────┤
    /subscribe/stop/{token} ◀── List-Unsubscribe         /subscribe/manage/{token} ◀

A GET never acts, because mail scanners open every link. A known and an unknown address get the same
answer by the same way. Each address exists once per language.
"""

from collections.abc import Callable, Collection, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.commands.addresses import country_code, normal_address, told_apart
from app.commands.sign_ins import network_of
from app.commands.subscribers import SignUp, subscribe
from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.components import Component
from app.domain.errors import NotFoundError, PorchlightError, RefusedError, UnavailableError
from app.domain.hooks import new_secret
from app.domain.organisation import Organisation
from app.domain.sign_ups import SignUpLimits
from app.publish.addresses import in_language
from app.publish.language import LANGUAGES, Language
from app.store.components import live_components
from app.store.incidents import is_any_open
from app.store.organisation import the_organisation
from app.store.session import Database
from app.store.signed_links import Links
from app.web.auth import FOR_ANYONE
from app.web.challenge import new_challenge, opened, waited
from app.web.posted import Posted, PostedForm
from app.web.public_forms import guard_forms
from app.web.public_pages import language_code, page, sentence
from app.web.robots import Toll
from app.web.sign_up_form import AskedFor, agreement, asked_for, translated

PATH = "/subscribe"
BODY_MOST = 64_000
EVERY_LANGUAGE = tuple("" if code == "en" else f"/{code}" for code in LANGUAGES)
PREFIXES = tuple(f"{prefix}{PATH}" for prefix in EVERY_LANGUAGE)
"""Everything at or below these belongs to this application."""


@dataclass(frozen=True, slots=True)
class SignUpParts:
    """What the sign-up pages work with, handed in by the composition root.

    `channels` are those that can send; no other is offered or taken.
    """

    database: Database
    links: Links
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    limits: SignUpLimits = field(default_factory=SignUpLimits)
    channels: Set[Channel] = ALL_CHANNELS
    apprise_schemes: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody we do not know. `now` is the same moment for all of it; the lamp is lit in trouble."""

    request: Request
    parts: SignUpParts
    organisation: Organisation
    components: Collection[Component]
    is_lit: bool
    now: datetime

    @property
    def language(self) -> Language:
        """The language of the address that was asked for."""
        return Language(language_code(self.request.url.path), self.organisation.zone)

    @property
    def network(self) -> str:
        """The network the request came from."""
        return network_of(self.request.client.host if self.request.client else "")

    def page(self, template: str, *, status: int = 200, **context: object) -> Response:
        """A page in the language of the address."""
        return page(self.request, self.organisation, template, status=status, lit=self.is_lit, **context)

    def see_other(self, path: str) -> Response:
        """Show the page at `path` instead (303), in the same language."""
        return RedirectResponse(in_language(path, self.language.code), 303, headers={"Cache-Control": "no-store"})

    def services(self) -> list[Component]:
        """What can be chosen, in the words of the language."""
        return [item.in_language(self.language.code) for item in self.components]


def call_of(request: Request) -> Call:
    """The request with what is known before anything was typed."""
    parts: SignUpParts = request.app.state.parts
    with parts.database.read() as session:
        organisation, components, is_lit = the_organisation(session), live_components(session), is_any_open(session)
    return Call(request, parts, organisation, components, is_lit, parts.clock())


AnyCall = Annotated[Call, Depends(call_of)]
router = APIRouter(prefix=PATH, dependencies=FOR_ANYONE)


def build_sign_up(parts: SignUpParts, *, secure: bool, more: Collection[APIRouter] = ()) -> FastAPI:
    """The sign-up as an application of its own; `more` are routers that stand beside it in every language."""
    app = FastAPI(title="Porchlight sign-up", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.parts = parts
    for prefix in EVERY_LANGUAGE:
        for pages in (router, *more):
            app.include_router(pages, prefix=prefix)
    # Whoever holds a stop link may use it from anywhere: the token proves it, and mail programs send no origin.
    one_click = [f"{prefix}{PATH}/stop/" for prefix in EVERY_LANGUAGE]
    guard_forms(app, _problem, secure=secure, most=BODY_MOST, exempt=one_click)
    return app


@router.get("")
def sign_up_form(call: AnyCall) -> Response:
    """The empty form."""
    return _form(call, AskedFor(), opened(call.parts.links.vault, call.now))


@router.get("/challenge")
def challenge(request: Request) -> Response:
    """A proof-of-work challenge; the form's script solves it."""
    parts: SignUpParts = request.app.state.parts
    return JSONResponse(new_challenge(parts.links.vault, parts.clock()), headers={"Cache-Control": "no-store"})


@router.post("")
def sign_up(call: AnyCall, posted: PostedForm) -> Response:
    """Take a sign-up; whoever the address belongs to is asked, and the answer says no more than that."""
    asked, seal = AskedFor.read(posted), posted.text("opened")
    try:
        channel, address = _address(call, asked)
        choices = asked.choices(call.language.code)
        choices.check()
        _check_robot(call, posted, channel, address)
    except RefusedError as error:
        return _refused(call, asked, seal, error)
    secret = new_secret() if channel is Channel.WEBHOOK else ""
    words = agreement(call.language, call.organisation)
    sign_up = SignUp(channel, address, choices, words, call.network, secret)
    with call.parts.database.transaction() as session:
        subscription_id = subscribe(session, call.parts.links.vault, sign_up, call.parts.limits, now=call.now)
    return call.see_other(f"{PATH}/sent?to={new_ticket(call, Ticket(channel, subscription_id, secret))}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What leads from the form to the page after it. `secret` is shown there, and nowhere later."""

    channel: Channel
    subscription_id: int
    secret: str = ""


def new_ticket(call: Call, ticket: Ticket) -> str:
    """A ticket for an address bar: sealed, as long for one address of a channel as for another."""
    text = f"{ticket.channel:20}{ticket.subscription_id:019}{ticket.secret}"
    return call.parts.links.vault.seal(text).decode()


def read_ticket(call: Call, ticket: str) -> Ticket:
    """The ticket that was sealed here.

    Raises:
        NotFoundError: it is not one of ours, or older than a day.
    """
    try:
        text = call.parts.links.vault.open(ticket.encode(), seconds=86_400)
    except UnavailableError:
        raise NotFoundError("This page has expired.") from None
    return Ticket(Channel(text[:20].strip()), int(text[20:39]), text[39:])


def _address(call: Call, asked: AskedFor) -> tuple[Channel, str]:
    """The channel and the address as typed.

    Raises:
        RefusedError: it is no address, of a kind that nothing here sends to, or of a country that
            texts do not go to.
    """
    channel = told_apart(asked.address, statuspage=asked.shape == "statuspage")
    if channel not in call.parts.channels or not _is_scheme_allowed(call, channel, asked.address):
        raise RefusedError({"channel": "Nothing here sends to this kind of address."})
    try:
        address = normal_address(channel, asked.address)
    except RefusedError:
        raise RefusedError({"address" if channel.is_personal else "hook": "This is no address."}) from None
    if channel is Channel.SMS and country_code(address) not in call.parts.limits.country_codes:
        raise RefusedError({"country": "Texts do not go to this country."})
    return channel, address


def _is_scheme_allowed(call: Call, channel: Channel, typed: str) -> bool:
    return channel is not Channel.APPRISE or typed.strip().partition("://")[0].lower() in call.parts.apprise_schemes


def _check_robot(call: Call, posted: Posted, channel: Channel, address: str) -> None:
    """Count the sign-up, once it has cost work or time.

    Raises:
        RefusedError: neither was spent ("wait"), or too many came ("busy").
    """
    parts = call.parts
    toll = Toll(parts.database, parts.links.vault, parts.limits, call.network, call.now)
    toll.pay(posted, parts.limits.of_sending(channel, _prefix(channel, address)))


def _prefix(channel: Channel, address: str) -> str:
    """What a flood would have in common: country and first digits of a number, or the host of a hook."""
    if channel is Channel.SMS:
        return address[: len(country_code(address)) + 4]
    return "" if channel.is_personal else urlsplit(address).hostname or ""


def _form(
    call: Call, asked: AskedFor, seal: str, problems: dict[str, str] | None = None, status: int = 200
) -> Response:
    return call.page(
        "form.html",
        status=status,
        asked=asked,
        opened=seal,
        problems=problems or {},
        components=call.services(),
        agreement=agreement(call.language, call.organisation),
        address_label=asked_for(call.language, call.parts.channels),
        schemes=sorted(call.parts.apprise_schemes),
    )


def _refused(call: Call, asked: AskedFor, seal: str, error: RefusedError) -> Response:
    """The form again with what was typed, in words of its language. A form that cannot be waited for is renewed."""
    vault = call.parts.links.vault
    if "busy" in error.problems or waited(vault, seal, now=call.now) is None:
        seal = opened(vault, call.now)
    status = 429 if "busy" in error.problems else 422
    return _form(call, asked, seal, translated(error.problems, call.language), status)


async def _problem(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFoundError) else 422 if isinstance(error, RefusedError) else 503
    try:
        call = call_of(request)
    except PorchlightError:
        return sentence(status, "This cannot be done at the moment. Nothing was changed; try again in a minute.")
    return call.page("problem.html", status=status, sentence=translated({"": error}, call.language, status)[""])
