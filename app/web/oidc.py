"""Signing in by way of the organisation's own sign-in, where one is configured."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.commands.oidc import account_vouched_for
from app.domain.audit import Actor, Means
from app.domain.errors import NotFoundError, PorchlightError, RefusedError, UnavailableError
from app.domain.second_factors import Proof
from app.store.second_factors import factors_of
from app.web.auth import FOR_ANYONE
from app.web.oidc_errand import Errand, OtherSignIn
from app.web.posted import Posted
from app.web.sign_in import begin_second_step, signed_in
from app.web.sign_in_form import SIGN_IN, following_path, sign_in_page
from app.web.visit import Parts, client_network, parts_of

BEGIN = f"{SIGN_IN}/oidc"
CALLBACK = f"{BEGIN}/callback"
LASTS = timedelta(minutes=10)

router = APIRouter(dependencies=FOR_ANYONE)


@router.get(BEGIN)
def begin(request: Request) -> Response:
    """Send the browser to the provider, with what its answer must fit sealed in a cookie."""
    parts = parts_of(request)
    errand = Errand.begin(following_path(request.query_params.get("next", "")))
    try:
        answer = RedirectResponse(_provider(parts).address(errand, redirect_uri(parts)), 303)
    except UnavailableError as error:
        return sign_in_page(parts, errand.following, problem=str(error), status=503)
    answer.set_cookie(
        _cookie_name(parts),
        parts.vault.seal(errand.text).decode(),
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=parts.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(CALLBACK)
def callback(request: Request) -> Response:
    """Take the provider's word for a password; what comes after a password comes after it too."""
    parts = parts_of(request)
    try:
        answer = _taken(request, parts)
    except PorchlightError as error:
        status = 503 if isinstance(error, UnavailableError) else 422
        answer = sign_in_page(parts, problem=str(error), status=status)
    answer.delete_cookie(_cookie_name(parts), path="/", secure=parts.secure_cookies, httponly=True, samesite="lax")
    return answer


def redirect_uri(parts: Parts) -> str:
    """Where the provider sends people back to: from the configured address, never from a request."""
    return f"{parts.console_url}{CALLBACK}"


def _taken(request: Request, parts: Parts) -> Response:
    provider, errand = _provider(parts), _errand(request, parts)
    claimed = provider.claimed(errand, dict(request.query_params), redirect_uri(parts))
    by = Actor(None, "the other sign-in", Means.PROVIDER, client_network(request))
    with parts.database.transaction(by=by) as session:
        account = account_vouched_for(session, claimed.email, claimed.name, domains=provider.domains, now=parts.clock())
        needs_more = factors_of(session, account.id).any
    onward = Posted((("next", errand.following),))
    if needs_more:
        return begin_second_step(parts, account, onward)
    return signed_in(request, account, None, onward, Proof.OTHER_SIGN_IN)


def _provider(parts: Parts) -> OtherSignIn:
    if parts.oidc is None:
        raise NotFoundError("No other sign-in is set up here.")
    return parts.oidc


def _errand(request: Request, parts: Parts) -> Errand:
    sealed = request.cookies.get(_cookie_name(parts), "")
    try:
        return Errand.read(parts.vault.open(sealed.encode(), seconds=int(LASTS.total_seconds())))
    except UnavailableError:
        raise RefusedError("That took too long, or began in another browser. Begin again.") from None


def _cookie_name(parts: Parts) -> str:
    return "__Host-porchlight-oidc" if parts.secure_cookies else "porchlight-oidc"
