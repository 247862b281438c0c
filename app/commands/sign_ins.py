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

from app.commands.audit import note
from app.domain.accounts import (
    ACCOUNT_LIMIT,
    CHALLENGE_LIMIT,
    NETWORK_LIMIT,
    Account,
    AttemptLimit,
    SignInLimits,
    normal_email,
)
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, NotSignedInError
from app.domain.organisation import Organisation
from app.domain.second_factors import Proof
from app.store.accounts import (
    SignInAttemptRow,
    SignInRow,
    attempts_since,
    forget_attempts,
    forget_ended_sign_ins,
    forget_old_attempts,
    frozen_account,
    note_seen,
    sign_in_by_id,
    sign_ins_of,
)
from app.store.columns import new_id
from app.store.organisation import frozen_organisation
from app.store.visitors import visitor

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


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in browser: whose, since when it is proved, and whether it is time to note that it was seen.

    `organisation` is the installation's, None before one is loaded.
    """

    id: str
    account: Account
    proved_at: datetime
    organisation: Organisation | None
    has_lasting_factor: bool
    is_time_to_note: bool


def attempt_at(email: str, address: str, device: str = "") -> Attempt:
    """A try that nobody has counted yet. `address` is the client's IP address.

    `device` names a browser in which this person signed in before. Its tries are counted by
    themselves: a stranger who fails on purpose shuts out strangers (OWASP, "device cookies").
    """
    if device:
        return Attempt({_bucket("device", f"{device} {normal_email(email)}"): ACCOUNT_LIMIT})
    return Attempt(
        {_bucket("account", normal_email(email)): ACCOUNT_LIMIT, _bucket("network", network_of(address)): NETWORK_LIMIT}
    )


def second_attempt_at(account_id: str, device: str = "") -> Attempt:
    """A try at the code that follows a right password."""
    return Attempt({_bucket("second", f"{account_id} {device}"): ACCOUNT_LIMIT})


def confirming_attempt_at(account_id: str) -> Attempt:
    """A try to confirm, by somebody who is signed in, that it is still them."""
    return Attempt({_bucket("confirming", account_id): ACCOUNT_LIMIT})


def challenge_asked_by(network: str) -> Attempt:
    """One more challenge for a passkey. It costs a row and proves nothing, so a network gets only so many."""
    return Attempt({_bucket("challenge", network): CHALLENGE_LIMIT})


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
    attempt: Attempt | None,
    *,
    proof: Proof,
    address: str,
    user_agent: str,
    limits: SignInLimits,
    replaces: str | None,
    now: datetime,
) -> str:
    """Sign a browser in and return its new token: 256 random bits, kept only as a hash.

    `attempt` is the counted try, where something could be guessed. `replaces` is the token the
    browser brought along; it ends here, so that a planted one is worthless.
    """
    if attempt:
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
            proved_at=now,
            proof=proof,
            seen_at=now,
            expires_at=now + limits.absolute,
            network=network_of(address),
            user_agent=user_agent[:_AGENT_LIMIT],
        )
    )
    note_seen(session, account.id, now)
    note(session, "account.signed_in", subject_of(account), after={"with": proof.in_words}, now=now)
    return token


def signed_in_account(session: Session, token: str, *, limits: SignInLimits, now: datetime) -> SignedIn | None:
    """Who is signed in with this token.

    None when the token is unknown or ended: by sign-out, by silence, by age, or with the account.
    """
    found = visitor(session, hash_token(token))
    if found is None:
        return None
    sign_in, account, organisation, has_factor = found
    is_over = now >= sign_in.expires_at or now - sign_in.seen_at >= limits.idle or account.disabled_at
    if is_over:
        return None
    return SignedIn(
        sign_in.id,
        frozen_account(account),
        sign_in.proved_at,
        frozen_organisation(organisation) if organisation else None,
        has_lasting_factor=has_factor,
        is_time_to_note=now - sign_in.seen_at >= _SEEN_EVERY,
    )


def keep_up_sign_in(session: Session, token: str, *, now: datetime) -> None:
    """Note that this browser was seen just now."""
    row = session.get(SignInRow, hash_token(token))
    if row is not None:
        row.seen_at = max(row.seen_at, now)
        note_seen(session, row.account_id, now)


def confirm_sign_in(session: Session, token: str, attempt: Attempt | None, *, proof: Proof, now: datetime) -> str:
    """Note that it is still the same person, and return the token that replaces the old one.

    Raises:
        NotSignedInError: the sign-in has ended meanwhile.
    """
    row = session.get(SignInRow, hash_token(token))
    if row is None:
        raise NotSignedInError("Your sign-in has ended. Sign in again to go on.")
    if attempt:
        forget_attempts(session, ids=attempt.ids, bucket=attempt.account_bucket)
    fresh = secrets.token_urlsafe(32)
    session.add(SignInRow(**row.model_dump() | {"token_hash": hash_token(fresh), "id": new_id(), "proved_at": now}))
    session.delete(row)
    note(session, "account.confirmed", Subject("account", row.account_id), after={"with": proof.in_words}, now=now)
    return fresh


def end_sign_in(session: Session, token: str) -> None:
    """Sign this browser out."""
    row = session.get(SignInRow, hash_token(token))
    if row is not None:
        session.delete(row)


def revoke_sign_in(session: Session, sign_in_id: str, *, of: str | None = None, now: datetime) -> None:
    """End one sign-in by its id; only one of the account `of`, when that is given.

    Raises:
        NotFoundError: there is no such sign-in, or it is somebody else's.
    """
    row = sign_in_by_id(session, sign_in_id)
    if row is None or (of is not None and row.account_id != of):
        raise NotFoundError("This sign-in has ended already.")
    session.delete(row)
    note(session, "sign_in.revoked", Subject("account", row.account_id), before={"network": row.network}, now=now)


def revoke_other_sign_ins(session: Session, account: Account, keep: str, *, now: datetime) -> int:
    """End every sign-in of this person but `keep`; how many there were."""
    others = [row for row in sign_ins_of(session, account.id) if row.id != keep]
    for row in others:
        session.delete(row)
    if others:
        note(session, "sign_in.others_revoked", subject_of(account), before={"sign_ins": len(others)}, now=now)
    return len(others)


def subject_of(account: Account) -> Subject:
    """The account as the audit log names it."""
    return Subject("account", account.id)


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
