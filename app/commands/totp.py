"""Authenticators that show a new code every 30 seconds (RFC 6238): set up, prove, take away. A code works once."""

import hmac
from datetime import datetime

import pyotp
from sqlmodel import Session

from app.commands.audit import note
from app.domain.accounts import Account
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.second_factors import TOTP_PERIOD, normal_totp_code
from app.store.second_factors import TotpRow, take_totp_step, totp_row
from app.store.vault import Vault

ISSUER = "Porchlight"
_DRIFT = 1
"""Periods that a phone's clock may be off, either way."""


def offer_totp(session: Session, vault: Vault, account: Account, *, now: datetime) -> str:
    """The secret of an authenticator that is being set up, the same until it is proved: 160 bits in Base32.

    Raises:
        RefusedError: one is set up already.
    """
    row = totp_row(session, account.id)
    if row and row.confirmed_at:
        raise RefusedError("An authenticator is set up already. Remove it first.")
    if row is None:
        secret = pyotp.random_base32()
        session.add(TotpRow(account_id=account.id, secret_cipher=vault.seal(secret), created_at=now))
        return secret
    return vault.open(row.secret_cipher)


def totp_address(secret: str, account: Account, organisation: str) -> str:
    """What the QR code holds: otpauth://totp/..."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=f"{ISSUER} {organisation}".strip())


def confirm_totp(session: Session, vault: Vault, account: Account, code: str, *, now: datetime) -> None:
    """Turn the offered authenticator on, now that it has shown a right code.

    Raises:
        RefusedError: the code is not the one it should show now.
    """
    row = totp_row(session, account.id)
    if row is None or not use_totp(session, vault, account.id, code, now=now, proved=False):
        raise RefusedError({"totp_code": "This is not the code it should show. Check the device's clock, then try."})
    row.confirmed_at = now
    note(session, "account.authenticator_added", Subject("account", account.id), now=now)


def remove_totp(session: Session, account: Account, *, now: datetime) -> None:
    """Take the authenticator away, set up or not."""
    row = totp_row(session, account.id)
    if row is None:
        return
    session.delete(row)
    if row.confirmed_at:
        note(session, "account.authenticator_removed", Subject("account", account.id), now=now)


def use_totp(session: Session, vault: Vault, account_id: str, code: str, *, now: datetime, proved: bool = True) -> bool:
    """Whether this is a code of the person's authenticator that has not been used; it is used up by asking.

    `proved` wants one that has been set up to its end.
    """
    row, digits = totp_row(session, account_id), normal_totp_code(code)
    if row is None or not digits or (proved and row.confirmed_at is None):
        return False
    step = _step_of(vault.open(row.secret_cipher), digits, now)
    if step is None or not take_totp_step(session, account_id, step):
        return False
    row.secret_cipher = vault.re_encrypted(row.secret_cipher)  # under today's key: an older one may be retired
    return True


def _step_of(secret: str, digits: str, now: datetime) -> int | None:
    """The period whose code this is, as counted since 1970; None when it is of none near now."""
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // TOTP_PERIOD
    near = range(current - _DRIFT, current + _DRIFT + 1)
    return next((step for step in near if hmac.compare_digest(totp.generate_otp(step), digits)), None)
