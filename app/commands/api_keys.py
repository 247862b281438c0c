"""Make, use and revoke the keys of programs."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.api_keys import DEFAULT_PER_MINUTE, ApiKey, Scope, check_key, turn
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.text import printable
from app.store.api_keys import ApiKeyRow, api_key_by_hash, api_key_row, frozen_api_key
from app.store.rates import database_now

PREFIX = "porchlight_"
"""What every key begins with, so that whoever scans for leaked secrets recognises one."""

LONGEST = 200
_RANDOM_BYTES = 32


def create_api_key(
    session: Session,
    name: str,
    scopes: Collection[Scope],
    *,
    per_minute: int = DEFAULT_PER_MINUTE,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key; the key itself is returned this once and never stored.

    Raises:
        RefusedError: no name, no scope, or a rate that makes no sense.
    """
    name = printable(name).strip()
    check_key(name, scopes, per_minute)
    token = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    row = ApiKeyRow(
        name=name,
        token_hash=hash_of(token),
        hint=token[-4:],
        scopes=sorted(scopes),
        per_minute=per_minute,
        created_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"name": name, "scopes": sorted(scopes), "per_minute": per_minute}
    note(session, "api_key.created", Subject("api_key", row.id), after=facts, now=now)
    return frozen_api_key(row), token


def revoke_api_key(session: Session, key_id: str, *, now: datetime) -> ApiKey:
    """Take a key away: its next request is refused.

    Raises:
        NotFoundError: there is no such key.
        RefusedError: it was revoked before.
    """
    row = api_key_row(session, key_id, lock=True)
    if row is None:
        raise NotFoundError(f"There is no key “{key_id[:40]}”.")
    if row.revoked_at is not None:
        raise RefusedError("This key was already revoked.")
    row.revoked_at = now
    note(session, "api_key.revoked", Subject("api_key", row.id), after={"name": row.name}, now=now)
    return frozen_api_key(row)


def known_api_key(session: Session, token: str) -> ApiKey | None:
    """The key that this is, unless it was revoked or never made here; nothing is counted."""
    row = api_key_by_hash(session, hash_of(token)) if len(token) <= LONGEST else None
    return frozen_api_key(row) if row and row.revoked_at is None else None


def use_api_key(session: Session, key_id: str, *, now: datetime) -> float:
    """Count one request of a key; the seconds it has to wait when it came too often, otherwise 0.

    One row shared by all processes holds the rate, by the database's own clock.

    Raises:
        NotFoundError: it was revoked meanwhile.
    """
    row = api_key_row(session, key_id, lock=True)
    if row is None or row.revoked_at is not None:
        raise NotFoundError("This key was revoked.")
    row.caught_up_at, wait = turn(row.caught_up_at, database_now(session).timestamp(), row.per_minute)
    row.last_used_at = now
    return wait


def hash_of(token: str) -> str:
    """What is stored of a key. One round is enough: it has 256 random bits, and nobody guesses those."""
    return hashlib.sha256(token.encode("utf-8", errors="replace")).hexdigest()
