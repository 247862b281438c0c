"""Start, keep up and end sign-ins, and count the attempts that failed.

A sign-in takes three short transactions with the slow password check between them, never in one.
Every attempt is counted before its password is looked at: whoever sends a thousand at once meets
the limit all the same.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlmodel import Session

from app.domain.accounts import (
    ACCOUNT_LIMIT,
    NETWORK_LIMIT,
    Account,
    AttemptLimit,
    SignInLimits,
    normal_email,
)
from app.store.accounts import (
    SignInAttemptRow,
    SignInRow,
    attempts_since,
    forget_attempts,
    forget_ended_sign_ins,
    forget_old_attempts,
    frozen_account,
    sign_in_with_account,
)

_SEEN_EVERY = timedelta(minutes=1)
_AGENT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at signing in, counted in the buckets of its account and of its network.

    `ids` names its rows once it is counted.
    """

    buckets: Mapping[str, AttemptLimit]
    ids: tuple[str, ...] = ()

    @property
    def account_bucket(self) -> str:
        """Where tries at this account are counted."""
        return next(iter(self.buckets))


def attempt_at(email: str, address: str) -> Attempt:
    """A try that nobody has counted yet. `address` is the client's IP address."""
    return Attempt(
        {_bucket("account", normal_email(email)): ACCOUNT_LIMIT, _bucket("network", network_of(address)): NETWORK_LIMIT}
    )


def count_attempt(session: Session, attempt: Attempt, *, now: datetime) -> Attempt:
    """Count a try, before its password is looked at."""
    forget_old_attempts(session, now - max(limit.window for limit in attempt.buckets.values()))
    rows = [SignInAttemptRow(bucket=bucket, at=now) for bucket in attempt.buckets]
    session.add_all(rows)
    return replace(attempt, ids=tuple(row.id for row in rows))


def try_again_at(session: Session, attempt: Attempt, *, now: datetime) -> datetime | None:
    """When this account and network may try again; None when they may now.

    A counted attempt does not stand in its own way.
    """
    own = 1 if attempt.ids else 0
    moments = (
        AttemptLimit(limit.most + own, limit.window).try_again_at(attempts_since(session, bucket, now - limit.window))
        for bucket, limit in attempt.buckets.items()
    )
    return max((moment for moment in moments if moment), default=None)


def forget_attempt(session: Session, attempt: Attempt) -> None:
    """Take a try back that was refused unseen, so that waiting is enough to be let in again."""
    forget_attempts(session, ids=attempt.ids)


def start_sign_in(
    session: Session,
    account: Account,
    attempt: Attempt,
    *,
    address: str,
    user_agent: str,
    limits: SignInLimits,
    replaces: str | None,
    now: datetime,
) -> str:
    """Sign a browser in and return its new token: 256 random bits, kept only as a hash.

    `replaces` is the token the browser brought along; it ends here, so that a planted one is
    worthless.
    """
    forget_attempts(session, ids=attempt.ids, bucket=attempt.account_bucket)
    forget_ended_sign_ins(session, now)
    if replaces:
        end_sign_in(session, replaces)
    token = secrets.token_urlsafe(32)
    session.add(
        SignInRow(
            token_hash=hash_token(token),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            expires_at=now + limits.absolute,
            network=network_of(address),
            user_agent=user_agent[:_AGENT_LIMIT],
        )
    )
    return token


def signed_in_account(
    session: Session, token: str, *, limits: SignInLimits, now: datetime
) -> tuple[Account, bool] | None:
    """Who is signed in with this token, and whether it is time to note that they were seen.

    None when the token is unknown or ended: by sign-out, by silence, by age, or with the account.
    """
    found = sign_in_with_account(session, hash_token(token))
    if found is None:
        return None
    sign_in, account = found
    is_over = now >= sign_in.expires_at or now - sign_in.seen_at >= limits.idle or account.disabled_at
    return None if is_over else (frozen_account(account), now - sign_in.seen_at >= _SEEN_EVERY)


def keep_up_sign_in(session: Session, token: str, *, now: datetime) -> None:
    """Note that this browser was seen just now."""
    row = session.get(SignInRow, hash_token(token))
    if row is not None:
        row.seen_at = max(row.seen_at, now)


def end_sign_in(session: Session, token: str) -> None:
    """Sign this browser out."""
    row = session.get(SignInRow, hash_token(token))
    if row is not None:
        session.delete(row)


def hash_token(token: str) -> str:
    """What is stored of a token. It is random, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def network_of(address: str) -> str:
    """The network an address is counted in: itself for IPv4, its /64 for IPv6."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)


def _bucket(kind: str, name: str) -> str:
    """Hashed, because people type passwords into the wrong field."""
    return f"{kind}:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
