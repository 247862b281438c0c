"""Rows of staff accounts and their sessions."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment, new_id


class AccountRow(SQLModel, table=True):
    """A person who may sign in. `password_hash` is an Argon2id string."""

    __tablename__ = "account"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    email: str = Field(unique=True)
    name: str
    role: str
    password_hash: str
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    disabled_at: datetime | None = Field(default=None, sa_type=Moment)


class SignInRow(SQLModel, table=True):
    """One signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "sign_in"

    token_hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True)
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    user_agent: str = ""


class SignInAttemptRow(SQLModel, table=True):
    """One failed sign-in, counted by account and by network."""

    __tablename__ = "sign_in_attempt"

    id: int | None = Field(default=None, primary_key=True)
    bucket: str = Field(index=True)
    at: datetime = Field(sa_type=Moment, index=True)


def account_by_email(session: Session, email: str) -> AccountRow | None:
    """The account by its address, whatever its case."""
    return session.exec(select(AccountRow).where(AccountRow.email == email.strip().lower())).first()


def account_rows(session: Session) -> list[AccountRow]:
    """All accounts by name."""
    return list(session.exec(select(AccountRow).order_by(col(AccountRow.name))))
