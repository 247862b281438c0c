"""Ask somebody to join, or to begin anew: a signed link that works once and for three days (security.md, "Accounts").

The link is shown to whoever invites as well as mailed, because the mail may be what is down. To
somebody who has an account already it means starting over: a new password, no second factor left.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.accounts import add_account, check_name, set_password
from app.commands.audit import note
from app.domain.accounts import Account, Role, check_email, normal_email
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import InvitationSent
from app.store.accounts import AccountRow, account_by_email, frozen_account
from app.store.invitations import InvitationRow, invitations_to, is_invitation
from app.store.outbox import record
from app.store.second_factors import forget_factors
from app.store.vault import Vault

LASTS = timedelta(hours=72)

_GONE = "This invitation was used, withdrawn or is too old. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Invited:
    """Who is asked to join, as their page shows it."""

    id: str
    email: str
    name: str
    role: Role
    expires_at: datetime


def invite(session: Session, email: str, name: str, role: Role, *, by: Account, now: datetime) -> InvitationRow:
    """Ask somebody to join; an older invitation to the same address ends.

    Raises:
        RefusedError: the address is none, there is no name, or the address has an account.
    """
    email, name = normal_email(email), name.strip()
    check_email(email)
    check_name(name)
    if account_by_email(session, email):
        raise RefusedError({"email": f"“{email}” already has an account. Open it to let the person begin anew."})
    row = _sent(session, email, name, role, by, now)
    note(session, "invitation.sent", Subject("invitation", row.id), after={"name": name, "role": role}, now=now)
    return row


def reset(session: Session, email: str, *, by: Account, now: datetime) -> InvitationRow:
    """Let somebody begin anew who lost password and phone. Nothing changes until they follow the link.

    Raises:
        NotFoundError: there is no such account.
    """
    account = account_by_email(session, email)
    if account is None:
        raise NotFoundError(f"“{email}” has no account.")
    row = _sent(session, account.email, account.name, Role(account.role), by, now)
    note(session, "account.reset_offered", Subject("account", account.id), now=now)
    return row


def withdraw_invitation(session: Session, invitation_id: str, *, now: datetime) -> None:
    """Make a link worthless.

    Raises:
        NotFoundError: there is no such invitation, or it has ended.
    """
    row = session.get(InvitationRow, invitation_id)
    if row is None or row.ended_at:
        raise NotFoundError(_GONE)
    row.ended_at = now
    note(session, "invitation.withdrawn", Subject("invitation", row.id), now=now)


def invited_by(session: Session, vault: Vault, token: str, *, now: datetime) -> Invited:
    """Whom a link invites.

    Raises:
        NotFoundError: it was used, withdrawn, altered, or is too old.
    """
    row = _the_row(session, vault, token, now)
    return Invited(row.id, row.email, row.name, Role(row.role), row.expires_at)


def accept(session: Session, vault: Vault, token: str, name: str, password: str, *, now: datetime) -> Account:
    """Take an invitation up: a new account, or a new beginning for an old one.

    Raises:
        NotFoundError: the link was used, withdrawn, altered, or is too old.
        RefusedError: there is no name, or the password would be guessed.
    """
    row = _the_row(session, vault, token, now)
    row.ended_at = now
    known = account_by_email(session, row.email)
    if known is None:
        return add_account(session, row.email, name, Role(row.role), password, now=now)
    if known.disabled_at:
        raise NotFoundError(_GONE)
    return _begun_anew(session, known, password, now)


def _begun_anew(session: Session, known: AccountRow, password: str, now: datetime) -> Account:
    set_password(session, known.email, password, now=now)
    forget_factors(session, known.id)
    note(session, "account.begun_anew", Subject("account", known.id), now=now)
    return frozen_account(known)


def _sent(session: Session, email: str, name: str, role: Role, by: Account, now: datetime) -> InvitationRow:
    for older in invitations_to(session, email):
        older.ended_at = now
    row = InvitationRow(
        email=email,
        name=name,
        role=role,
        nonce=secrets.token_urlsafe(16),
        invited_by=by.id,
        created_at=now,
        expires_at=now + LASTS,
    )
    session.add(row)
    record(session, InvitationSent(row.id), now)
    session.flush()
    return row


def _the_row(session: Session, vault: Vault, token: str, now: datetime) -> InvitationRow:
    invitation_id, _, signature = token.partition(".")
    row = session.get(InvitationRow, invitation_id, with_for_update=True)
    if row is None or not is_invitation(vault, row, signature):
        raise NotFoundError(_GONE)
    if row.ended_at or row.expires_at <= now:
        raise NotFoundError(_GONE)
    return row
