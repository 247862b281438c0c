"""Rows of staff accounts, their signed-in browsers and failed attempts, and the queries that name them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Index, delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.accounts import Account, Role, normal_email
from app.store.columns import Moment, new_id


class AccountRow(SQLModel, table=True):
    """A person who may sign in. `email` is in small letters; `password_hash` is an Argon2id string.

    `seen_at` is when they last used the console, to the minute.
    """

    __tablename__ = "account"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    email: str = Field(unique=True)
    name: str
    role: str
    password_hash: str
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    disabled_at: datetime | None = Field(default=None, sa_type=Moment)
    seen_at: datetime | None = Field(default=None, sa_type=Moment)


class SignInRow(SQLModel, table=True):
    """One signed-in browser. Only the SHA-256 of its cookie is kept; lists name it by `id`.

    `proof` is how the person came in; `proved_at` when they last showed that it is still them.
    """

    __tablename__ = "sign_in"

    token_hash: str = Field(primary_key=True, max_length=64)
    id: str = Field(default_factory=new_id, unique=True, max_length=12)
    account_id: str = Field(foreign_key="account.id", index=True)
    created_at: datetime = Field(sa_type=Moment)
    proved_at: datetime = Field(sa_type=Moment)
    proof: str
    seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    network: str = ""
    user_agent: str = ""


class SignInAttemptRow(SQLModel, table=True):
    """One sign-in that has not succeeded, counted in the bucket of an account or of a network."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_bucket_at", "bucket", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    bucket: str
    at: datetime = Field(sa_type=Moment, index=True)


def account_by_email(session: Session, email: str) -> AccountRow | None:
    """The account by its address, whatever its case."""
    return session.exec(select(AccountRow).where(AccountRow.email == normal_email(email))).first()


def account_rows(session: Session) -> list[AccountRow]:
    """All accounts by name."""
    return list(session.exec(select(AccountRow).order_by(col(AccountRow.name), col(AccountRow.email))))


def account_names(session: Session) -> list[str]:
    """The names of everybody who may sign in."""
    return list(session.exec(select(AccountRow.name).where(col(AccountRow.disabled_at).is_(None))))


def frozen_account(row: AccountRow) -> Account:
    """The account as a value, without its hash."""
    return Account(id=row.id, email=row.email, name=row.name, role=Role(row.role), disabled_at=row.disabled_at)


def sign_ins_of(session: Session, account_id: str) -> list[SignInRow]:
    """Every browser in which this person is signed in, the one used last first."""
    wanted = select(SignInRow).where(SignInRow.account_id == account_id)
    return list(session.exec(wanted.order_by(col(SignInRow.seen_at).desc())))


def sign_in_by_id(session: Session, sign_in_id: str) -> SignInRow | None:
    """The signed-in browser that a list names so."""
    return session.exec(select(SignInRow).where(SignInRow.id == sign_in_id)).first()


def live_sign_ins(session: Session, *, expires_after: datetime, seen_after: datetime) -> list[SignInRow]:
    """Every browser in which anybody is signed in, the one used last first."""
    wanted = select(SignInRow).where(SignInRow.expires_at > expires_after, SignInRow.seen_at > seen_after)
    return list(session.exec(wanted.order_by(col(SignInRow.seen_at).desc())))


def note_seen(session: Session, account_id: str, now: datetime) -> None:
    """Note that this person used the console."""
    session.execute(update(AccountRow).where(col(AccountRow.id) == account_id).values(seen_at=now))


def end_sign_ins(session: Session, account_id: str) -> None:
    """Sign this person out everywhere."""
    session.execute(delete(SignInRow).where(col(SignInRow.account_id) == account_id))


def forget_ended_sign_ins(session: Session, now: datetime) -> None:
    """Drop the rows of sign-ins whose absolute limit has passed."""
    session.execute(delete(SignInRow).where(col(SignInRow.expires_at) <= now))


def attempts_since(session: Session, bucket: str, since: datetime) -> list[datetime]:
    """When this account or network tried in vain, oldest first."""
    wanted = select(SignInAttemptRow.at).where(SignInAttemptRow.bucket == bucket, SignInAttemptRow.at > since)
    return list(session.exec(wanted.order_by(col(SignInAttemptRow.at))))


def forget_attempts(session: Session, *, ids: Collection[str] = (), bucket: str | None = None) -> None:
    """Drop these attempts, and all of one bucket."""
    session.execute(
        delete(SignInAttemptRow).where(col(SignInAttemptRow.id).in_(ids) | (col(SignInAttemptRow.bucket) == bucket))
    )


def forget_old_attempts(session: Session, before: datetime) -> None:
    """Drop attempts that no window counts any more."""
    session.execute(delete(SignInAttemptRow).where(col(SignInAttemptRow.at) <= before))
