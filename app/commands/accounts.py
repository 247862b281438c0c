"""Add staff accounts, change their password or role, and shut them. Each ends every sign-in it must."""

from datetime import datetime

from sqlmodel import Session

from app.commands.passwords import hash_password
from app.domain.accounts import Account, Role, check_email, check_password, normal_email
from app.domain.errors import NotFoundError, RefusedError
from app.store.accounts import AccountRow, account_by_email, end_sign_ins, frozen_account
from app.store.organisation import organisation_row

NAME_LIMIT = 100


def add_account(session: Session, email: str, name: str, role: Role, password: str, *, now: datetime) -> Account:
    """Let a person sign in.

    Raises:
        RefusedError: the address is none or is taken, there is no name, or the password would be
            guessed.
    """
    email, name = normal_email(email), name.strip()
    check_email(email)
    _check_name(name)
    _check_password(session, password, email, name)
    if account_by_email(session, email):
        raise RefusedError({"email": f"“{email}” already has an account."})
    row = AccountRow(
        email=email, name=name, role=role, password_hash=hash_password(password), created_at=now, updated_at=now
    )
    session.add(row)
    session.flush()
    return frozen_account(row)


def set_password(session: Session, email: str, password: str, *, now: datetime) -> None:
    """Give a person a new password and sign them out everywhere.

    Raises:
        NotFoundError: there is no such account.
        RefusedError: the password would be guessed.
    """
    row = _the_row(session, email)
    _check_password(session, password, row.email, row.name)
    row.password_hash, row.updated_at = hash_password(password), now
    end_sign_ins(session, row.id)


def change_role(session: Session, email: str, role: Role, *, now: datetime) -> None:
    """Give a person another role and sign them out everywhere, so that no browser keeps the old one.

    Raises:
        NotFoundError: there is no such account.
    """
    row = _the_row(session, email)
    row.role, row.updated_at = role, now
    end_sign_ins(session, row.id)


def disable_account(session: Session, email: str, *, now: datetime) -> None:
    """Shut an account and sign it out everywhere; its name stays on what it wrote.

    Raises:
        NotFoundError: there is no such account.
    """
    row = _the_row(session, email)
    row.disabled_at = row.disabled_at or now
    row.updated_at = now
    end_sign_ins(session, row.id)


def _check_name(name: str) -> None:
    if not name:
        raise RefusedError({"name": "Say whose account it is."})
    if len(name) > NAME_LIMIT:
        raise RefusedError({"name": f"This name has {len(name)} characters; the most is {NAME_LIMIT}."})


def _check_password(session: Session, password: str, email: str, name: str) -> None:
    organisation = organisation_row(session)
    names = (organisation.name, organisation.short_name) if organisation else ()
    check_password(password, about=(email, name, *names))


def _the_row(session: Session, email: str) -> AccountRow:
    row = account_by_email(session, email)
    if row is None:
        raise NotFoundError(f"“{email}” has no account.")
    return row
