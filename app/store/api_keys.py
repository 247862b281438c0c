"""Rows of programs' keys, and the queries that name them. Only the SHA-256 of a key is kept."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.api_keys import ApiKey, Scope
from app.store.columns import Moment, new_id


class ApiKeyRow(SQLModel, table=True):
    """One key. `caught_up_at`, in seconds since 1970, is all that its rate needs (`app.domain.api_keys.turn`)."""

    __tablename__ = "api_key"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    name: str
    token_hash: str = Field(unique=True, max_length=64)
    hint: str = Field(max_length=4)
    scopes: list[str] = Field(sa_type=JSON)
    per_minute: int
    caught_up_at: float = 0.0
    created_at: datetime = Field(sa_type=Moment)
    last_used_at: datetime | None = Field(default=None, sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)


def api_key_rows(session: Session) -> list[ApiKeyRow]:
    """All keys, those in use first, then by name."""
    order = (col(ApiKeyRow.revoked_at).is_not(None), col(ApiKeyRow.name), col(ApiKeyRow.created_at))
    return list(session.exec(select(ApiKeyRow).order_by(*order)))


def api_key_row(session: Session, key_id: str, *, lock: bool = False) -> ApiKeyRow | None:
    """The key by id. `lock` keeps others from changing it until the transaction ends."""
    wanted = select(ApiKeyRow).where(ApiKeyRow.id == key_id)
    return session.exec(wanted.with_for_update() if lock else wanted).first()


def api_key_by_hash(session: Session, token_hash: str) -> ApiKeyRow | None:
    """The key whose hash this is, revoked or not.

    The look-up compares hashes, never keys: how far an index walks says nothing about a secret of
    256 random bits.
    """
    return session.exec(select(ApiKeyRow).where(ApiKeyRow.token_hash == token_hash)).first()


def frozen_api_key(row: ApiKeyRow) -> ApiKey:
    """The key as a value. A scope of another version is left out."""
    return ApiKey(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=frozenset(scope for scope in Scope if scope.value in row.scopes),
        per_minute=row.per_minute,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
