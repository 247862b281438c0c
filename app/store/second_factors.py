"""Rows of what proves a person besides the password, and the queries that name them.

Whatever may be used once is taken with one statement that says whether it was still there, so that
of two tries at the same moment one wins.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.second_factors import Factors
from app.store.columns import Moment, new_id


class TotpRow(SQLModel, table=True):
    """A person's authenticator: the sealed secret, when it was first proved, and the last period used."""

    __tablename__ = "totp"

    account_id: str = Field(foreign_key="account.id", primary_key=True, max_length=12)
    secret_cipher: bytes
    created_at: datetime = Field(sa_type=Moment)
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    last_step: int = Field(default=0, sa_type=sa.BigInteger)


class PasskeyRow(SQLModel, table=True):
    """One passkey: the authenticator's id for it, its public key and how often it says it was used."""

    __tablename__ = "passkey"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    account_id: str = Field(foreign_key="account.id", index=True)
    credential_id: str = Field(unique=True)
    public_key: bytes
    sign_count: int = Field(default=0, sa_type=sa.BigInteger)
    name: str
    created_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class PasskeyChallengeRow(SQLModel, table=True):
    """A challenge that was given out and not answered. Only its SHA-256 is kept."""

    __tablename__ = "passkey_challenge"

    challenge_hash: str = Field(primary_key=True, max_length=64)
    purpose: str
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    expires_at: datetime = Field(sa_type=Moment, index=True)


class RecoveryCodeRow(SQLModel, table=True):
    """One printed code. Only a keyed hash is kept."""

    __tablename__ = "recovery_code"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    account_id: str = Field(foreign_key="account.id", index=True)
    code_hash: str
    created_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


def factors_of(session: Session, account_id: str) -> Factors:
    """What this person has besides the password."""
    return factors_by_account(session, account_id).get(account_id, Factors())


def has_lasting_factor(account_id: Any) -> ColumnElement[bool]:
    """The condition that this person has a passkey or an authenticator."""
    passkey = sa.exists().where(col(PasskeyRow.account_id) == account_id)
    totp = sa.exists().where(col(TotpRow.account_id) == account_id, col(TotpRow.confirmed_at).is_not(None))
    return sa.or_(passkey, totp)


def factors_by_account(session: Session, account_id: str | None = None) -> dict[str, Factors]:
    """What everybody has, by account; those who have nothing are not in it."""
    only = account_id or ""
    passkeys = _counted(session, PasskeyRow.account_id, sa.true(), only)
    totps = _counted(session, TotpRow.account_id, col(TotpRow.confirmed_at).is_not(None), only)
    codes = _counted(session, RecoveryCodeRow.account_id, col(RecoveryCodeRow.used_at).is_(None), only)
    return {
        key: Factors(passkeys.get(key, 0), key in totps, codes.get(key, 0))
        for key in passkeys.keys() | totps.keys() | codes.keys()
    }


def _counted(session: Session, owner: str, where: sa.ColumnElement[bool], only: str) -> dict[str, int]:
    wanted = select(col(owner), func.count()).where(where).group_by(col(owner))
    if only:
        wanted = wanted.where(col(owner) == only)
    return dict(session.exec(wanted).all())


def totp_row(session: Session, account_id: str) -> TotpRow | None:
    """The person's authenticator, proved or not."""
    return session.get(TotpRow, account_id)


def take_totp_step(session: Session, account_id: str, step: int) -> bool:
    """Use up this period of the authenticator; False when it or a later one was used already."""
    taken = session.execute(
        update(TotpRow)
        .where(col(TotpRow.account_id) == account_id, col(TotpRow.last_step) < step)
        .values(last_step=step)
    )
    return _hit(taken)


def passkeys_of(session: Session, account_id: str) -> list[PasskeyRow]:
    """This person's passkeys, the oldest first."""
    wanted = select(PasskeyRow).where(PasskeyRow.account_id == account_id)
    return list(session.exec(wanted.order_by(col(PasskeyRow.created_at), col(PasskeyRow.id))))


def passkey_by_credential(session: Session, credential_id: str) -> PasskeyRow | None:
    """The passkey that an authenticator names so."""
    return session.exec(select(PasskeyRow).where(PasskeyRow.credential_id == credential_id)).first()


def take_sign_count(session: Session, passkey: PasskeyRow, count: int, now: datetime) -> bool:
    """Note a use; False when another use has been noted since the row was read."""
    mine = (col(PasskeyRow.id) == passkey.id, col(PasskeyRow.sign_count) == passkey.sign_count)
    return _hit(session.execute(update(PasskeyRow).where(*mine).values(sign_count=count, used_at=now)))


def take_challenge(session: Session, challenge_hash: str, purpose: str, account_id: str | None, now: datetime) -> bool:
    """Use up a challenge; False when it is unknown, old, used, or was given out for something else."""
    row = PasskeyChallengeRow
    owner = col(row.account_id).is_(None) if account_id is None else col(row.account_id) == account_id
    mine = (col(row.challenge_hash) == challenge_hash, col(row.purpose) == purpose, owner, col(row.expires_at) > now)
    return _hit(session.execute(delete(row).where(*mine)))


def forget_old_challenges(session: Session, now: datetime) -> None:
    """Drop challenges that nobody answered in time."""
    session.execute(delete(PasskeyChallengeRow).where(col(PasskeyChallengeRow.expires_at) <= now))


def unused_codes(session: Session, account_id: str) -> list[RecoveryCodeRow]:
    """The printed codes that still work."""
    wanted = select(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id)
    return list(session.exec(wanted.where(col(RecoveryCodeRow.used_at).is_(None))))


def take_code(session: Session, code_id: str, now: datetime) -> bool:
    """Use up a printed code; False when it was used already."""
    mine = (col(RecoveryCodeRow.id) == code_id, col(RecoveryCodeRow.used_at).is_(None))
    return _hit(session.execute(update(RecoveryCodeRow).where(*mine).values(used_at=now)))


def forget_codes(session: Session, account_id: str) -> None:
    """Drop all printed codes of this person."""
    session.execute(delete(RecoveryCodeRow).where(col(RecoveryCodeRow.account_id) == account_id))


def forget_factors(session: Session, account_id: str) -> None:
    """Drop everything this person has besides the password."""
    for row in (TotpRow, PasskeyRow, PasskeyChallengeRow, RecoveryCodeRow):
        session.execute(delete(row).where(col(row.account_id) == account_id))


def _hit(result: object) -> bool:
    return getattr(result, "rowcount", 0) == 1
