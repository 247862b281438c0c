"""Whose account it is that another sign-in vouches for."""

import secrets
from datetime import datetime

from sqlmodel import Session

from app.commands.accounts import NAME_LIMIT, add_account
from app.domain.accounts import Account, Role, normal_email
from app.domain.errors import RefusedError
from app.store.accounts import account_by_email, frozen_account


def account_vouched_for(session: Session, email: str, name: str, *, domains: frozenset[str], now: datetime) -> Account:
    """The account with this verified address; one that may read is made for the people of `domains`.

    Raises:
        RefusedError: there is none, or it is shut.
    """
    email = normal_email(email)
    row = account_by_email(session, email)
    if row is not None and row.disabled_at is None:
        return frozen_account(row)
    if row is not None or email.partition("@")[2] not in domains:
        raise RefusedError("Nobody with your address has an account here. Ask an administrator for an invitation.")
    return add_account(session, email, name[:NAME_LIMIT], Role.VIEWER, secrets.token_urlsafe(32), now=now)
