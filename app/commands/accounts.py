"""Add staff accounts, change their password or role, and shut them. Each ends every sign-in it must."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.passwords import hash_password
from app.domain.accounts import Account, Role, check_email, check_password, normal_email
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.store.accounts import AccountRow, account_by_email, account_rows, end_sign_ins, frozen_account
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
    check_name(name)
    check_new_password(session, password, email, name)
    if account_by_email(session, email):
        raise RefusedError({"email": f"“{email}” already has an account."})
    row = AccountRow(
        email=email, name=name, role=role, password_hash=hash_password(password), created_at=now, updated_at=now
    )
    session.add(row)
    session.flush()
    note(session, "account.added", _subject(row), after={"name": name, "role": role}, now=now)
    return frozen_account(row)


def rename_account(session: Session, email: str, name: str, *, now: datetime) -> None:
    """Give an account another name; it stands beside everything the person writes.

    Raises:
        NotFoundError: there is no such account.
        RefusedError: there is no name, or it is too long.
    """
    row, name = _the_row(session, email), name.strip()
    check_name(name)
    if row.name == name:
        return
    note(session, "account.renamed", _subject(row), before={"name": row.name}, after={"name": name}, now=now)
    row.name, row.updated_at = name, now


def set_password(session: Session, email: str, password: str, *, now: datetime) -> None:
    """Give a person a new password and sign them out everywhere.

    Raises:
        NotFoundError: there is no such account.
        RefusedError: the password would be guessed.
    """
    row = _the_row(session, email)
    check_new_password(session, password, row.email, row.name)
    row.password_hash, row.updated_at = hash_password(password), now
    end_sign_ins(session, row.id)
    note(session, "account.password_set", _subject(row), now=now)


def change_role(session: Session, email: str, role: Role, *, now: datetime) -> None:
    """Give a person another role and sign them out everywhere, so that no browser keeps the old one.

    Raises:
        NotFoundError: there is no such account.
        RefusedError: nobody would be left to administer.
    """
    row = _the_row(session, email)
    if row.role == role:
        return
    _check_somebody_administers(session, row, still=role is Role.ADMINISTRATOR)
    note(session, "account.role_changed", _subject(row), before={"role": row.role}, after={"role": role}, now=now)
    row.role, row.updated_at = role, now
    end_sign_ins(session, row.id)


def disable_account(session: Session, email: str, *, now: datetime) -> None:
    """Shut an account and sign it out everywhere; its name stays on what it wrote.

    Raises:
        NotFoundError: there is no such account.
        RefusedError: nobody would be left to administer.
    """
    row = _the_row(session, email)
    if row.disabled_at:
        return
    _check_somebody_administers(session, row, still=False)
    row.disabled_at = row.updated_at = now
    end_sign_ins(session, row.id)
    note(session, "account.disabled", _subject(row), now=now)


def enable_account(session: Session, email: str, *, now: datetime) -> None:
    """Open an account that was shut. Its password and second factor are as they were.

    Raises:
        NotFoundError: there is no such account.
    """
    row = _the_row(session, email)
    if row.disabled_at is None:
        return
    row.disabled_at, row.updated_at = None, now
    note(session, "account.enabled", _subject(row), now=now)


def check_name(name: str) -> None:
    """Refuse a name that tells nobody who wrote something.

    Raises:
        RefusedError: it is empty or too long.
    """
    if not name:
        raise RefusedError({"name": "Say whose account it is."})
    if len(name) > NAME_LIMIT:
        raise RefusedError({"name": f"This name has {len(name)} characters; the most is {NAME_LIMIT}."})


def check_new_password(session: Session, password: str, email: str, name: str) -> None:
    """Refuse a password that would be guessed by whoever knows the person or the organisation.

    Raises:
        RefusedError: it would.
    """
    organisation = organisation_row(session)
    names = (organisation.name, organisation.short_name) if organisation else ()
    check_password(password, about=(email, name, *names))


def _check_somebody_administers(session: Session, row: AccountRow, *, still: bool) -> None:
    others = [other for other in account_rows(session) if other.id != row.id and other.disabled_at is None]
    if row.role != Role.ADMINISTRATOR or still or any(other.role == Role.ADMINISTRATOR for other in others):
        return
    raise RefusedError("This is the only administrator. Make somebody else one first.")


def _subject(row: AccountRow) -> Subject:
    return Subject("account", row.id)


def _the_row(session: Session, email: str) -> AccountRow:
    row = account_by_email(session, email)
    if row is None:
        raise NotFoundError(f"“{email}” has no account.")
    return row
