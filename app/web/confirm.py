""" "Confirm it is you": what stands before an act that cannot be taken back. The browser gets a new token."""

from fastapi import APIRouter
from starlette.responses import Response

from app.commands import sign_ins
from app.commands.passwords import is_right_password
from app.commands.totp import use_totp
from app.domain.errors import NotSignedInError, RefusedError
from app.domain.second_factors import Proof
from app.store.accounts import AccountRow
from app.web.auth import Oneself, set_cookie, token_of
from app.web.posted import Posted, PostedForm
from app.web.sign_in import count_attempt, password_in
from app.web.sign_in_form import CONFIRM, confirm_page, following_path, go_on
from app.web.visit import Visit

router = APIRouter(prefix=CONFIRM)


@router.get("")
def confirm_form(visit: Oneself) -> Response:
    """The form, on the way to a page that asks for it."""
    return confirm_page(visit.request, following_path(visit.request.query_params.get("next", "")))


@router.post("")
def confirm(visit: Oneself, posted: PostedForm) -> Response:
    """Take the password or the authenticator's code, and go on with the words kept."""
    try:
        attempt = count_attempt(visit.parts, sign_ins.confirming_attempt_at(visit.account.id), visit.now)
        proof = _proof(visit, posted)
    except RefusedError as error:
        following, status = following_path(posted.text("next")), 429 if "wait" in error.problems else 422
        return confirm_page(visit.request, following, posted.text("kept"), str(error), status=status)
    return confirmed_now(visit, posted, attempt, proof)


def confirmed_now(visit: Visit, posted: Posted, attempt: sign_ins.Attempt | None, proof: Proof) -> Response:
    """Note the proof, hand out a new token, and go on.

    Raises:
        NotSignedInError: the sign-in has ended meanwhile.
    """
    token = token_of(visit.request)
    if not token:
        raise NotSignedInError("Your sign-in has ended. Sign in again to go on.")
    with visit.transaction() as session:
        fresh = sign_ins.confirm_sign_in(session, token, attempt, proof=proof, now=visit.now)
    answer = go_on(visit.parts, following_path(posted.text("next")), posted.text("kept"))
    set_cookie(answer, visit.parts, fresh)
    return answer


def _proof(visit: Visit, posted: Posted) -> Proof:
    """What was shown.

    Raises:
        RefusedError: neither a right password nor a fresh code.
    """
    code = posted.text("one_time_code")
    if code:
        with visit.transaction() as session:
            if use_totp(session, visit.parts.vault, visit.account.id, code, now=visit.now):
                return Proof.CODE
        raise RefusedError("This code is not right, or it was used already. Wait for the next one.")
    with visit.database.read() as session:
        row = session.get(AccountRow, visit.account.id)
        stored = row.password_hash if row else None
    if not is_right_password(stored, password_in(posted)):
        raise RefusedError("This is not your password.")
    return Proof.PASSWORD
