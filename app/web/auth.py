"""Signing in and out, and the guard that stands on every route of the console."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.commands import sign_ins
from app.commands.passwords import is_right_password
from app.domain.accounts import Account, Permission
from app.domain.errors import NotAllowedError, NotSignedInError, RefusedError, UnavailableError
from app.domain.organisation import Organisation
from app.store.accounts import account_by_email, frozen_account
from app.store.organisation import organisation_row, the_organisation
from app.web.posted import KeptField, PostedForm, kept_fields
from app.web.templating import Clock
from app.web.visit import Parts, Visit, is_fragment, parts_of, render

log = logging.getLogger(__name__)

SIGN_IN = "/admin/sign-in"
SIGN_OUT = "/admin/sign-out"
BOARD = "/admin"

_WRONG = "This email address and password do not belong together."


class Anyone:
    """Marks a route that needs no sign-in. A route with neither this nor `Allow` stops the start."""

    def __call__(self) -> None:
        """Let everybody in."""


@dataclass(frozen=True, slots=True)
class Allow:
    """The guard of a route: only for people whose role has this permission.

    Raises:
        NotSignedInError: nobody is signed in.
        NotAllowedError: the role does not cover it.
    """

    permission: Permission

    def __call__(self, request: Request) -> Visit:
        """Who is asking, and with what the route works."""
        visit = _visit(request, parts_of(request))
        if not visit.account.may(self.permission):
            raise NotAllowedError(
                f"You are signed in as {visit.account.name} ({visit.account.role.in_words.lower()}), "
                "whose role does not cover this. Nothing was done."
            )
        return visit


Reader = Annotated[Visit, Depends(Allow(Permission.READ))]
Poster = Annotated[Visit, Depends(Allow(Permission.POST))]
Editor = Annotated[Visit, Depends(Allow(Permission.EDIT_COMPONENTS))]
Administrator = Annotated[Visit, Depends(Allow(Permission.ADMINISTER))]
FOR_ANYONE = [Depends(Anyone())]

router = APIRouter(dependencies=FOR_ANYONE)


def cookie_name(parts: Parts) -> str:
    """`__Host-` pins the cookie to this host and to https; plain http on a laptop cannot have that."""
    return "__Host-porchlight" if parts.secure_cookies else "porchlight"


def _visit(request: Request, parts: Parts) -> Visit:
    token = request.cookies.get(cookie_name(parts))
    if not token:
        raise NotSignedInError("Sign in to go on.")
    now = parts.clock()
    with parts.database.read() as session:
        found = sign_ins.signed_in_account(session, token, limits=parts.limits, now=now)
        organisation = the_organisation(session) if organisation_row(session) else None
    if found is None:
        raise NotSignedInError("Your sign-in has ended. Sign in again to go on.")
    account, is_time_to_note = found
    if is_time_to_note:
        _keep_up(parts, token, now)
    return Visit(request, parts, account, now, organisation)


def _keep_up(parts: Parts, token: str, now: datetime) -> None:
    try:
        with parts.database.transaction() as session:
            sign_ins.keep_up_sign_in(session, token, now=now)
    except UnavailableError:
        # A full disk must not sign out the people who have to say so.
        log.warning("could not note that a browser was seen; its sign-in may end early")


@router.get(SIGN_IN)
def sign_in_form(request: Request) -> Response:
    """The form; whoever is signed in already goes on."""
    parts = parts_of(request)
    following = following_path(request.query_params.get("next", ""))
    try:
        _visit(request, parts)
    except NotSignedInError:
        return _form(parts, following=following)
    return RedirectResponse(following, 303)


@router.post(SIGN_IN)
def sign_in(request: Request, posted: PostedForm) -> Response:
    """Sign in, rotate the session, and go on where the person was, with the words they had typed."""
    parts = parts_of(request)
    following = following_path(posted.text("next"))
    try:
        token = _new_sign_in(request, parts, posted.text("email"), _password(posted))
    except RefusedError as error:
        kept = _unpacked(posted.text("kept"))
        status = 429 if "wait" in error.problems else 422
        return _form(parts, following, posted.text("email"), str(error), kept, status=status)
    answer = _go_on(parts, following, _unpacked(posted.text("kept")))
    _set_cookie(answer, parts, token)
    return answer


@router.post(SIGN_OUT)
def sign_out(request: Request) -> Response:
    """End this browser's sign-in and forget its cookie."""
    parts = parts_of(request)
    token = request.cookies.get(cookie_name(parts))
    if token:
        with parts.database.transaction() as session:
            sign_ins.end_sign_in(session, token)
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(cookie_name(parts), path="/", secure=parts.secure_cookies, httponly=True, samesite="lax")
    return answer


def _new_sign_in(request: Request, parts: Parts, email: str, password: str) -> str:
    """The token of a new sign-in.

    Raises:
        RefusedError: too many attempts ("wait"), or the words do not belong together.
    """
    now, address = parts.clock(), request.client.host if request.client else ""
    attempt = sign_ins.attempt_at(email, address)
    _check_limits(parts, attempt, now)
    with parts.database.transaction() as session:
        attempt = sign_ins.count_attempt(session, attempt, now=now)
    # Again, now that this one is on record: of many sent at the same moment each sees the others.
    _check_limits(parts, attempt, now)
    account = _proved_account(parts, email, password)
    with parts.database.transaction() as session:
        return sign_ins.start_sign_in(
            session,
            account,
            attempt,
            address=address,
            user_agent=request.headers.get("user-agent", ""),
            limits=parts.limits,
            replaces=request.cookies.get(cookie_name(parts)),
            now=parts.clock(),
        )


def _check_limits(parts: Parts, attempt: sign_ins.Attempt, now: datetime) -> None:
    with parts.database.read() as session:
        again_at = sign_ins.try_again_at(session, attempt, now=now)
        organisation = the_organisation(session) if organisation_row(session) else None
    if again_at is None:
        return
    if attempt.ids:
        with parts.database.transaction() as session:
            sign_ins.forget_attempt(session, attempt)
    raise RefusedError({"wait": f"Too many attempts. Try again {_again(again_at, now, organisation)}."})


def _again(again_at: datetime, now: datetime, organisation: Organisation | None) -> str:
    if organisation is None:
        return f"in {max(1, -(-int((again_at - now).total_seconds()) // 60))} minutes"
    return f"after {Clock(now, organisation.zone).when(again_at)}"


def _proved_account(parts: Parts, email: str, password: str) -> Account:
    """The account whose password this is; the same words and time whatever is wrong."""
    with parts.database.read() as session:
        row = account_by_email(session, email)
        account = frozen_account(row) if row else None
        stored = row.password_hash if row and row.disabled_at is None else None
    if is_right_password(stored, password) and account:
        return account
    raise RefusedError(_WRONG)


def _password(posted: PostedForm) -> str:
    """Exactly as typed: spaces at its ends belong to it."""
    return next((value for name, value in posted.pairs if name == "password"), "")


def _set_cookie(answer: Response, parts: Parts, token: str) -> None:
    answer.set_cookie(
        cookie_name(parts),
        token,
        max_age=int(parts.limits.absolute.total_seconds()),
        path="/",
        secure=parts.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def following_path(asked: str) -> str:
    """Where to go after signing in: a page of the console, whatever was asked."""
    parts = urlsplit(asked) if asked.isprintable() and "\\" not in asked else urlsplit("")
    is_ours = not parts.netloc and not parts.scheme and (parts.path == BOARD or parts.path.startswith(f"{BOARD}/"))
    if not is_ours or parts.path.startswith(SIGN_IN):
        return BOARD
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def ask_to_sign_in(request: Request, kept: list[KeptField]) -> Response:
    """What to answer somebody who is not signed in: the form, or the way to it. Typed words are kept."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": f"{SIGN_IN}?{urlencode({'next': BOARD})}"})
    if request.method == "POST":
        sentence = "Your sign-in has ended. Sign in again; nothing was published yet and your words are kept."
        following = request.url.path if kept else BOARD
        return _form(parts_of(request), following, problem=sentence, kept=kept, status=401)
    return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': target})}", 303)


def _form(
    parts: Parts,
    following: str = BOARD,
    email: str = "",
    problem: str = "",
    kept: list[KeptField] | None = None,
    *,
    status: int = 200,
) -> Response:
    packed = urlencode([(item.name, item.value) for item in kept or []])
    context = {"following": following, "email": email, "problem": problem, "kept": packed}
    return render(parts, "sign_in.html", status=status, context=context)


def _unpacked(kept: str) -> list[KeptField]:
    return kept_fields(parse_qsl(kept, keep_blank_values=True))


def _go_on(parts: Parts, following: str, kept: list[KeptField]) -> Response:
    """The page the person wanted; or, when they had sent a form, that form for another try."""
    if not kept:
        return RedirectResponse(following, 303)
    context = {
        "title": "You are signed in again",
        "sentence": "Nothing was published yet. Here are your words; look them over and send them.",
        "kept": kept,
        "path": following,
    }
    return render(parts, "problem.html", status=200, context=context)
