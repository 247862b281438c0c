"""Printed codes: ten at a time, each lets its owner in once, new ones make the old ones worthless.

They are what is left when the phone is lost, the MLS's own mail is down, or the page answers under
another host name, where passkeys do not work.
"""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.accounts import Account
from app.domain.audit import Subject
from app.domain.second_factors import CODES, new_printed_code, normal_printed_code
from app.store.second_factors import RecoveryCodeRow, forget_codes, take_code, unused_codes
from app.store.vault import Vault

_PURPOSE = "printed code"
_SIZE = 32


def new_codes(session: Session, vault: Vault, account: Account, *, now: datetime) -> list[str]:
    """Ten new codes in place of all older ones. Nothing can show them a second time."""
    forget_codes(session, account.id)
    codes = [new_printed_code() for _ in range(CODES)]
    session.add_all(
        RecoveryCodeRow(account_id=account.id, code_hash=_hash(vault, account.id, code), created_at=now)
        for code in codes
    )
    note(session, "account.codes_printed", Subject("account", account.id), after={"codes": CODES}, now=now)
    return codes


def has_code(session: Session, vault: Vault, account_id: str, text: str) -> bool:
    """Whether this is an unused code of that person; it stays unused."""
    return _found(session, vault, account_id, text) is not None


def use_code(session: Session, vault: Vault, account_id: str, text: str, *, now: datetime) -> bool:
    """Whether this is an unused code of that person; it is used up by asking."""
    found = _found(session, vault, account_id, text)
    if found is None or not take_code(session, found.id, now):
        return False
    left = len(unused_codes(session, account_id))
    note(session, "account.code_used", Subject("account", account_id), after={"codes_left": left}, now=now)
    return True


def _found(session: Session, vault: Vault, account_id: str, text: str) -> RecoveryCodeRow | None:
    code = normal_printed_code(text)
    if not code:
        return None
    signed = f"{account_id} {code}"
    return next(
        (row for row in unused_codes(session, account_id) if vault.is_signed(_PURPOSE, signed, row.code_hash)), None
    )


def _hash(vault: Vault, account_id: str, code: str) -> str:
    """Keyed, so that a stolen database is no list of codes to try."""
    return vault.signature(_PURPOSE, f"{account_id} {normal_printed_code(code)}", _SIZE)
