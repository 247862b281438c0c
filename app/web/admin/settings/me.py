"""Somebody's own account: name, password, what proves them, and where they are signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import segno
from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.responses import Response

from app.commands import passkeys, recovery_codes, totp
from app.commands.accounts import rename_account, set_password
from app.commands.passwords import is_right_password
from app.commands.sign_ins import revoke_other_sign_ins, revoke_sign_in
from app.domain.accounts import Permission
from app.domain.browsers import browser_in_words
from app.domain.errors import RefusedError
from app.domain.second_factors import CODES, Proof
from app.store.accounts import AccountRow, SignInRow, sign_ins_of
from app.store.second_factors import factors_of, passkeys_of, totp_row
from app.web.auth import Oneself, ReauthenticatedSelf
from app.web.passkeys import options_answer, party_of
from app.web.posted import Posted, PostedForm
from app.web.sign_in import signed_in
from app.web.sign_in_form import OWN_ACCOUNT, SIGN_IN
from app.web.visit import Visit

AUTHENTICATOR = f"{OWN_ACCOUNT}/authenticator"
MyselfAgain = Annotated[Visit, Depends(ReauthenticatedSelf(Permission.READ))]

router = APIRouter(prefix=OWN_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Listed:
    """One signed-in browser in a list."""

    id: str
    account_id: str
    browser: str
    network: str
    proof: str
    since: datetime
    seen_at: datetime
    is_this: bool


def listed_sign_in(row: SignInRow, visit: Visit) -> Listed:
    """A signed-in browser in words."""
    return Listed(
        id=row.id,
        account_id=row.account_id,
        browser=browser_in_words(row.user_agent),
        network=row.network,
        proof=Proof(row.proof).in_words,
        since=row.created_at,
        seen_at=row.seen_at,
        is_this=row.id == visit.sign_in_id,
    )


@router.get("")
def own_account(visit: Oneself) -> Response:
    """Everything about one's own account."""
    return _page(visit)


@router.post("/name")
def rename(visit: Oneself, posted: PostedForm) -> Response:
    """Take another name."""
    name = posted.text("name")
    return _done(
        visit, "renamed", lambda session: rename_account(session, visit.account.email, name, now=visit.now), name=name
    )


@router.post("/password")
def change_password(visit: MyselfAgain, posted: PostedForm) -> Response:
    """Take another password; every other browser is signed out, this one gets a new token."""
    old, new = _typed(posted, "password"), _typed(posted, "new_password")
    with visit.database.read() as session:
        row = session.get(AccountRow, visit.account.id)
        stored = row.password_hash if row else None
    if not is_right_password(stored, old):
        return _page(visit, problems={"password": "This is not your password."})
    try:
        with visit.transaction() as session:
            set_password(session, visit.account.email, new, now=visit.now)
    except RefusedError as error:
        return _page(visit, problems={"new_password": str(error)})
    onward = Posted((("next", f"{OWN_ACCOUNT}?changed"),))
    return signed_in(visit.request, visit.account, None, onward, Proof.PASSWORD)


@router.post("/passkeys/challenge")
def passkey_challenge(visit: MyselfAgain) -> Response:
    """What the browser needs to make a passkey."""
    with visit.transaction() as session:
        options = passkeys.offer_passkey(session, party_of(visit.parts), visit.account, now=visit.now)
    return options_answer(options)


@router.post("/passkeys")
def add_passkey(visit: MyselfAgain, posted: PostedForm) -> Response:
    """Keep the passkey that the browser has made."""
    party, credential, name = party_of(visit.parts), posted.text("credential"), posted.text("passkey_name")
    return _done(
        visit,
        "passkey",
        lambda session: passkeys.add_passkey(session, party, visit.account, credential, name, now=visit.now),
    )


@router.post("/passkeys/{passkey_id}/removal")
def remove_passkey(visit: MyselfAgain, passkey_id: str) -> Response:
    """Take a passkey away."""
    with visit.transaction() as session:
        passkeys.remove_passkey(session, visit.account, passkey_id, now=visit.now)
    return visit.see_other(f"{OWN_ACCOUNT}?removed")


@router.post("/authenticator")
def begin_authenticator(visit: MyselfAgain) -> Response:
    """Make the secret of a new authenticator."""
    return _done(
        visit,
        "",
        lambda session: totp.offer_totp(session, visit.parts.vault, visit.account, now=visit.now),
        to=AUTHENTICATOR,
    )


@router.get("/authenticator")
def authenticator(visit: MyselfAgain) -> Response:
    """The QR code of an authenticator that is being set up."""
    return _authenticator_page(visit)


@router.post("/authenticator/confirmation")
def confirm_authenticator(visit: MyselfAgain, posted: PostedForm) -> Response:
    """Turn the authenticator on with its first code."""
    try:
        with visit.transaction() as session:
            totp.confirm_totp(session, visit.parts.vault, visit.account, posted.text("totp_code"), now=visit.now)
    except RefusedError as error:
        return _authenticator_page(visit, error.problems)
    return visit.see_other(f"{OWN_ACCOUNT}?authenticator")


@router.post("/authenticator/removal")
def remove_authenticator(visit: MyselfAgain) -> Response:
    """Take the authenticator away."""
    with visit.transaction() as session:
        totp.remove_totp(session, visit.account, now=visit.now)
    return visit.see_other(f"{OWN_ACCOUNT}?removed")


@router.post("/codes")
def print_codes(visit: MyselfAgain) -> Response:
    """Ten new codes on a page to print; the older ones are dead from now on."""
    with visit.transaction() as session:
        codes = recovery_codes.new_codes(session, visit.parts.vault, visit.account, now=visit.now)
    sign_in_url = f"{visit.parts.console_url}{SIGN_IN}/printed-code" if visit.parts.console_url else ""
    return visit.page("accounts/codes.html", codes=codes, sign_in_url=sign_in_url)


@router.post("/sign-ins/{sign_in_id}/ending")
def end_sign_in(visit: Oneself, sign_in_id: str) -> Response:
    """Sign one of one's own browsers out."""
    with visit.transaction() as session:
        revoke_sign_in(session, sign_in_id, of=visit.account.id, now=visit.now)
    return visit.see_other(f"{OWN_ACCOUNT}?ended")


@router.post("/other-sign-ins/ending")
def end_other_sign_ins(visit: Oneself) -> Response:
    """Sign every browser but this one out."""
    with visit.transaction() as session:
        revoke_other_sign_ins(session, visit.account, visit.sign_in_id, now=visit.now)
    return visit.see_other(f"{OWN_ACCOUNT}?ended")


def _done(
    visit: Visit, act: str, work: Callable[[Session], object], *, to: str = OWN_ACCOUNT, name: str | None = None
) -> Response:
    """Do the work in one transaction; what it refuses stands beside its field."""
    try:
        with visit.transaction() as session:
            work(session)
    except RefusedError as error:
        return _page(visit, problems=error.problems, name=name)
    return visit.see_other(f"{to}?{act}" if act else to)


def _page(visit: Visit, *, problems: dict[str, str] | None = None, name: str | None = None) -> Response:
    with visit.database.read() as session:
        sign_ins = [listed_sign_in(row, visit) for row in sign_ins_of(session, visit.account.id)]
        keys, factors = passkeys_of(session, visit.account.id), factors_of(session, visit.account.id)
    return visit.page(
        "accounts/me.html",
        status=422 if problems else 200,
        name=visit.account.name if name is None else name,
        problems=problems or {},
        passkeys=keys,
        factors=factors,
        codes=CODES,
        sign_ins=sign_ins,
    )


def _authenticator_page(visit: Visit, problems: dict[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        row = totp_row(session, visit.account.id)
    if row is None or row.confirmed_at:
        return visit.see_other(OWN_ACCOUNT)
    secret = visit.parts.vault.open(row.secret_cipher)
    address = totp.totp_address(secret, visit.account, visit.set_up.short_name if visit.set_up else "")
    return visit.page(
        "accounts/authenticator.html",
        status=422 if problems else 200,
        picture=segno.make(address, error="m").svg_inline(border=4, light="#fff", dark="#000", omitsize=True),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        problems=problems or {},
    )


def _typed(posted: Posted, name: str) -> str:
    """Exactly as typed: spaces at its ends belong to a password."""
    return next((value for key, value in posted.pairs if key == name), "")
