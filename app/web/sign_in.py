"""Signing in and out: the password, then whatever else this person has."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.commands import sign_ins
from app.commands.passwords import is_right_password
from app.commands.recovery_codes import has_code, use_code
from app.commands.totp import use_totp
from app.domain.accounts import Account
from app.domain.audit import Actor, Means
from app.domain.errors import NotSignedInError, RefusedError, UnavailableError
from app.domain.organisation import Organisation
from app.domain.second_factors import STEP_WITHIN, Proof
from app.store.accounts import AccountRow, account_by_email, frozen_account
from app.store.organisation import organisation_row, the_organisation
from app.store.second_factors import factors_of
from app.web.auth import FOR_ANYONE, cookie_name, set_cookie, token_of, visit_of
from app.web.capability import take_back
from app.web.devices import device_of, remember_device
from app.web.posted import Posted, PostedForm
from app.web.sign_in_form import SIGN_IN, code_page, following_path, go_on, sign_in_page
from app.web.templating import Clock
from app.web.visit import Parts, client_network, parts_of

SIGN_OUT = "/admin/sign-out"

_WRONG = "This email address and password do not belong together."
_WRONG_PRINTED = "The address, the password and the printed code do not belong together, or the code was used."
_WRONG_CODE = "This code is not right, or it was used already. Wait for the next one, or use a printed code."

router = APIRouter(dependencies=FOR_ANYONE)


@router.get(SIGN_IN)
def sign_in_form(request: Request) -> Response:
    """The form; whoever is signed in already goes on."""
    parts = parts_of(request)
    following = following_path(request.query_params.get("next", ""))
    try:
        visit_of(request)
    except NotSignedInError:
        return sign_in_page(parts, following)
    return RedirectResponse(following, 303)


@router.get(SIGN_IN + "/printed-code")
def printed_code_form(request: Request) -> Response:
    """The form for whoever has nothing but a password and a sheet of paper."""
    return sign_in_page(parts_of(request), following_path(request.query_params.get("next", "")), printed=True)


@router.post(SIGN_IN)
def sign_in(request: Request, posted: PostedForm) -> Response:
    """Take the password; sign in where it is enough, ask for the code where it is not."""
    return _answered(request, posted, printed=False)


@router.post(SIGN_IN + "/printed-code")
def sign_in_with_printed_code(request: Request, posted: PostedForm) -> Response:
    """Take the password and a printed code. Strangers' failures do not stand in the way of a right code."""
    return _answered(request, posted, printed=True)


@router.post(SIGN_IN + "/code")
def sign_in_code(request: Request, posted: PostedForm) -> Response:
    """Take the code that follows a right password."""
    parts, step = parts_of(request), posted.text("step")
    account = _account_of(parts, step)
    if account is None:
        problem = "That took too long. Begin again."
        return sign_in_page(parts, following_path(posted.text("next")), "", problem, posted.text("kept"), status=422)
    try:
        attempt = count_attempt(
            parts, sign_ins.second_attempt_at(account.id, device_of(request, account.id)), parts.clock()
        )
        proof = _used_code(request, account, posted.text("one_time_code"))
    except RefusedError as error:
        return code_page(parts, step, posted, str(error), status=_status(error))
    return signed_in(request, account, attempt, posted, proof)


@router.post(SIGN_OUT)
def sign_out(request: Request) -> Response:
    """End this browser's sign-in and forget its cookie."""
    parts, token = parts_of(request), token_of(request)
    if token:
        with parts.database.transaction() as session:
            sign_ins.end_sign_in(session, token)
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(cookie_name(parts), path="/", secure=parts.secure_cookies, httponly=True, samesite="lax")
    take_back(answer, secure=parts.secure_cookies)
    return answer


def signed_in(
    request: Request, account: Account, attempt: sign_ins.Attempt | None, posted: Posted, proof: Proof
) -> Response:
    """Sign the browser in, remember it, and go on where the person was, with the words they had typed."""
    parts = parts_of(request)
    with parts.database.transaction(by=actor_of(request, account)) as session:
        token = sign_ins.start_sign_in(
            session,
            account,
            attempt,
            proof=proof,
            address=_address(request),
            user_agent=request.headers.get("user-agent", ""),
            limits=parts.limits,
            replaces=token_of(request),
            now=parts.clock(),
        )
    answer = go_on(parts, following_path(posted.text("next")), posted.text("kept"))
    set_cookie(answer, parts, token)
    remember_device(request, answer, account.id)
    return answer


def actor_of(request: Request, account: Account) -> Actor:
    """The person as the audit log names them, before there is a visit."""
    return Actor(account.id, account.name, Means.CONSOLE, client_network(request))


def password_in(posted: Posted) -> str:
    """Exactly as typed: spaces at its ends belong to it."""
    return next((value for name, value in posted.pairs if name == "password"), "")


def begin_second_step(parts: Parts, account: Account, posted: Posted) -> Response:
    """Ask for the code; that the password was right travels sealed in the form."""
    with parts.database.read() as session:
        row = session.get(AccountRow, account.id)
        step = _Step(account.id, parts.clock(), _version(row)) if row else None
    return code_page(parts, parts.vault.seal(step.text).decode() if step else "", posted)


def _answered(request: Request, posted: Posted, *, printed: bool) -> Response:
    parts, email = parts_of(request), posted.text("email")
    try:
        return _taken(request, posted, posted.text("one_time_code") if printed else "", printed=printed)
    except RefusedError as error:
        following = following_path(posted.text("next"))
        kept = posted.text("kept")
        return sign_in_page(parts, following, email, str(error), kept, printed=printed, status=_status(error))


def _taken(request: Request, posted: Posted, code: str, *, printed: bool) -> Response:
    """Who has proved what so far, and what comes next.

    Raises:
        RefusedError: too many attempts ("wait"), or the words do not belong together.
    """
    parts, email, now = parts_of(request), posted.text("email"), parts_of(request).clock()
    with parts.database.read() as session:
        row = account_by_email(session, email)
        has_right_code = printed and bool(row) and has_code(session, parts.vault, row.id if row else "", code)
    device = f"code {code}" if has_right_code else device_of(request, row.id if row else "")
    attempt = count_attempt(parts, sign_ins.attempt_at(email, _address(request), device), now)
    account = _proved_account(row, password_in(posted), is_wanted=has_right_code or not printed)
    if account is None:
        raise RefusedError(_WRONG_PRINTED if printed else _WRONG)
    if printed:
        return signed_in(request, account, attempt, posted, _used_code(request, account, code))
    with parts.database.read() as session:
        needs_more = factors_of(session, account.id).any
    if not needs_more:
        return signed_in(request, account, attempt, posted, Proof.PASSWORD)
    with parts.database.transaction() as session:
        sign_ins.forget_attempt(session, attempt)
    return begin_second_step(parts, account, posted)


def count_attempt(parts: Parts, attempt: sign_ins.Attempt, now: datetime) -> sign_ins.Attempt:
    """Count a try before anything is looked at.

    Raises:
        RefusedError: there were too many ("wait").
    """
    check_limits(parts, attempt, now)
    with parts.database.transaction() as session:
        attempt = sign_ins.count_attempt(session, attempt, now=now)
    # Again, now that this one is on record: of many sent at the same moment each sees the others.
    check_limits(parts, attempt, now)
    return attempt


def check_limits(parts: Parts, attempt: sign_ins.Attempt, now: datetime) -> None:
    """Refuse a try that comes too soon.

    Raises:
        RefusedError: it does ("wait"), with when to come back.
    """
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


def _proved_account(row: AccountRow | None, password: str, *, is_wanted: bool) -> Account | None:
    """The account, if this is its password; the same time whatever is wrong."""
    stored = row.password_hash if row and row.disabled_at is None else None
    is_right = is_right_password(stored, password)
    return frozen_account(row) if row and is_right and is_wanted else None


def _used_code(request: Request, account: Account, code: str) -> Proof:
    """Use up the code; which kind it was.

    Raises:
        RefusedError: it is none, or was used already.
    """
    parts = parts_of(request)
    now, by = parts.clock(), actor_of(request, account)
    with parts.database.transaction(by=by) as session:
        if use_totp(session, parts.vault, account.id, code, now=now):
            return Proof.CODE
        if use_code(session, parts.vault, account.id, code, now=now):
            return Proof.PRINTED_CODE
    raise RefusedError(_WRONG_CODE)


@dataclass(frozen=True, slots=True)
class _Step:
    """That somebody gave a right password, and when; good while the account stays as it was."""

    account_id: str
    at: datetime
    version: str

    @property
    def text(self) -> str:
        """As it is sealed."""
        return f"second step {self.account_id} {self.at.isoformat()} {self.version}"


def _account_of(parts: Parts, step: str) -> Account | None:
    """Whose right password this form follows; None when that is too long ago or the account is shut."""
    try:
        words = parts.vault.open(step.encode()).split()
    except UnavailableError:
        return None
    if words[:2] != ["second", "step"] or parts.clock() - datetime.fromisoformat(words[3]) >= STEP_WITHIN:
        return None
    with parts.database.read() as session:
        row = session.get(AccountRow, words[2])
        is_same = row is not None and row.disabled_at is None and _version(row) == words[4]
        return frozen_account(row) if row and is_same else None


def _version(row: AccountRow) -> str:
    """Another password, role or name is another version: what was proved before counts no more."""
    return row.updated_at.isoformat()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _status(error: RefusedError) -> int:
    return 429 if "wait" in error.problems else 422
