"""From which telephone a person on call may publish, and who stands behind a number that texts us."""

from datetime import datetime

from sqlmodel import Session

from app.commands.addresses import hidden, normal_address
from app.commands.audit import note
from app.domain.accounts import Account, Permission
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.store.accounts import AccountRow, frozen_account
from app.store.posting_by_text import PostingNumberRow, TextedDraftRow, number_row, numbered_account
from app.store.vault import Vault


def save_posting_number(session: Session, vault: Vault, account: Account, text: str, *, now: datetime) -> str:
    """Let this person publish from that telephone, instead of any other; the number as it is stored.

    Raises:
        RefusedError: it is no number that can be texted, or it is another person's.
    """
    number = normal_address(Channel.SMS, text)
    owner = numbered_account(session, vault, number)
    if owner not in (None, account.id):
        raise RefusedError({"address": "This number belongs to another person. Each has their own."})
    row = number_row(session, account.id)
    if row is None:
        row = PostingNumberRow(account_id=account.id, number_cipher=b"", number_index="", created_at=now)
        session.add(row)
    row.number_cipher, row.number_index = vault.seal(number), vault.index(Channel.SMS, number)
    after = {"number": hidden(Channel.SMS, number)}
    note(session, "account.posting_number_saved", Subject("account", account.id), after=after, now=now)
    return number


def drop_posting_number(session: Session, account: Account, *, now: datetime) -> None:
    """Let this person publish by text no longer; what waits for a YES is dropped. Twice changes nothing."""
    row = number_row(session, account.id)
    if row is None:
        return
    waiting = session.get(TextedDraftRow, account.id)
    if waiting is not None:
        session.delete(waiting)
    session.delete(row)
    note(session, "account.posting_number_dropped", Subject("account", account.id), now=now)


def poster_at(session: Session, vault: Vault, sender: str) -> Account | None:
    """Who may publish from the number that texted us; None for everybody else."""
    try:
        number = normal_address(Channel.SMS, sender)
    except RefusedError:
        return None
    account_id = numbered_account(session, vault, number)
    row = session.get(AccountRow, account_id) if account_id else None
    account = frozen_account(row) if row else None
    return account if account and account.may(Permission.POST) else None
