"""Signing in, and confirming that it is you, with a passkey."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.commands import sign_ins
from app.commands.passkeys import RelyingParty, ask_passkey, prove_passkey
from app.domain.errors import RefusedError
from app.domain.second_factors import Proof
from app.web.auth import FOR_ANYONE, Oneself
from app.web.confirm import confirmed_now
from app.web.posted import PostedForm
from app.web.sign_in import check_limits, signed_in
from app.web.sign_in_form import CONFIRM, SIGN_IN, confirm_page, following_path, sign_in_page
from app.web.visit import Parts, client_network, parts_of

router = APIRouter()


def party_of(parts: Parts) -> RelyingParty:
    """Whose passkeys these are.

    Raises:
        RefusedError: the console is reached by an IP address, which passkeys cannot be bound to.
    """
    if not parts.passkeys:
        raise RefusedError("Passkeys need a host name. Open the console by its name.")
    return RelyingParty(parts.console_url)


def options_answer(options: str) -> Response:
    """What static/passkeys.js reads."""
    return Response(options, media_type="application/json")


@router.post(SIGN_IN + "/passkey/challenge", dependencies=FOR_ANYONE)
def sign_in_challenge(request: Request) -> Response:
    """A challenge for whoever wants to sign in; a network gets so many in a quarter of an hour."""
    parts = parts_of(request)
    party, now = party_of(parts), parts.clock()
    attempt = sign_ins.challenge_asked_by(client_network(request))
    check_limits(parts, attempt, now)
    with parts.database.transaction() as session:
        sign_ins.count_attempt(session, attempt, now=now)
        options = ask_passkey(session, party, now=now)
    return options_answer(options)


@router.post(SIGN_IN + "/passkey", dependencies=FOR_ANYONE)
def sign_in_with_passkey(request: Request, posted: PostedForm) -> Response:
    """Sign in without a password. Nothing can be guessed here, so nothing is throttled."""
    parts = parts_of(request)
    try:
        with parts.database.transaction() as session:
            account = prove_passkey(session, party_of(parts), posted.text("credential"), now=parts.clock())
    except RefusedError as error:
        following = following_path(posted.text("next"))
        return sign_in_page(parts, following, "", str(error), posted.text("kept"), status=422)
    return signed_in(request, account, None, posted, Proof.PASSKEY)


@router.post(CONFIRM + "/passkey/challenge")
def confirm_challenge(visit: Oneself) -> Response:
    """A challenge for one of the person's own passkeys."""
    with visit.transaction() as session:
        options = ask_passkey(session, party_of(visit.parts), account=visit.account, now=visit.now)
    return options_answer(options)


@router.post(CONFIRM + "/passkey")
def confirm_with_passkey(visit: Oneself, posted: PostedForm) -> Response:
    """Confirm with a passkey."""
    try:
        with visit.transaction() as session:
            party = party_of(visit.parts)
            prove_passkey(session, party, posted.text("credential"), account=visit.account, now=visit.now)
    except RefusedError as error:
        following = following_path(posted.text("next"))
        return confirm_page(visit.request, following, posted.text("kept"), str(error), status=422)
    return confirmed_now(visit, posted, None, Proof.PASSKEY)
