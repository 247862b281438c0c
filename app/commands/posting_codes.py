"""Printed codes for publishing by text: ten at a time, each opens one draft. They let nobody sign in."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.accounts import Account
from app.domain.audit import Subject
from app.domain.posting_by_text import CODES
from app.domain.second_factors import new_printed_code, normal_printed_code
from app.store.posting_by_text import PostingCodeRow, posting_codes_of, replace_posting_codes, take_posting_code
from app.store.vault import Vault

_PURPOSE = "posting code"
_SIZE = 32


def new_posting_codes(session: Session, vault: Vault, account: Account, *, now: datetime) -> list[str]:
    """Ten new codes in place of all older ones. Nothing can show them a second time."""
    codes = [new_printed_code() for _ in range(CODES)]
    replace_posting_codes(session, account.id, [_hash(vault, account.id, code) for code in codes], now)
    note(session, "account.posting_codes_printed", Subject("account", account.id), after={"codes": CODES}, now=now)
    return codes


def find_posting_code(session: Session, vault: Vault, account_id: str, code: str) -> PostingCodeRow | None:
    """The unused code of that person; None where it is none, or used."""
    signed = f"{account_id} {normal_printed_code(code)}"
    unused = [row for row in posting_codes_of(session, account_id) if row.used_at is None]
    return next((row for row in unused if vault.is_signed(_PURPOSE, signed, row.code_hash)), None)


def use_posting_code(session: Session, row: PostingCodeRow, used_for: str, *, now: datetime) -> bool:
    """Use up a code for what is said in words; False when another text was faster."""
    if not take_posting_code(session, row.id, used_for, now):
        return False
    after = {"code": row.position, "used_for": used_for}
    note(session, "account.posting_code_used", Subject("account", row.account_id), after=after, now=now)
    return True


def _hash(vault: Vault, account_id: str, code: str) -> str:
    """Keyed, so that a stolen database is no list of codes to try."""
    return vault.signature(_PURPOSE, f"{account_id} {normal_printed_code(code)}", _SIZE)
