"""Passkeys (WebAuthn Level 3): add, use and remove them. A passkey is enough by itself.

The device asks for a finger, a face or a PIN every time, so that one act proves two things. Every
challenge is kept here, answers once, and is good only for what it was given out for.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlmodel import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.commands.audit import note
from app.domain.accounts import Account
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.second_factors import CHALLENGE_FOR, check_passkey_name
from app.store.accounts import AccountRow, frozen_account
from app.store.second_factors import (
    PasskeyChallengeRow,
    PasskeyRow,
    forget_old_challenges,
    passkey_by_credential,
    passkeys_of,
    take_challenge,
    take_sign_count,
)

_REFUSED = "This passkey was not accepted. Try again, or sign in another way."
_LONGEST = 20_000


class Purpose(StrEnum):
    """What a challenge is given out for; it answers for nothing else."""

    ADD = "add"
    SIGN_IN = "sign_in"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whose passkeys these are. `console_url` is the configured address; its host binds every passkey."""

    console_url: str

    @property
    def host(self) -> str:
        """The relying party's id."""
        return urlsplit(self.console_url).hostname or ""


def offer_passkey(session: Session, party: RelyingParty, account: Account, *, now: datetime) -> str:
    """What a browser needs to make a new passkey, as JSON; it leaves out authenticators that have one."""
    known = [PublicKeyCredentialDescriptor(base64url_to_bytes(row.credential_id)) for row in _of(session, account)]
    options = generate_registration_options(
        rp_id=party.host,
        rp_name="Porchlight",
        user_id=account.id.encode(),
        user_name=account.email,
        user_display_name=account.name,
        exclude_credentials=known,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    _keep(session, options.challenge, Purpose.ADD, account.id, now)
    return options_to_json(options)


def add_passkey(
    session: Session, party: RelyingParty, account: Account, credential: str, name: str, *, now: datetime
) -> None:
    """Keep the passkey a browser has made; `credential` is its answer as JSON.

    Raises:
        RefusedError: the name does not tell it apart, or the answer is not to our challenge.
    """
    check_passkey_name(name, [row.name for row in _of(session, account)])
    try:
        answer = parse_registration_credential_json(credential[:_LONGEST])
        challenge = parse_client_data_json(answer.response.client_data_json).challenge
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.console_url,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise RefusedError(_REFUSED) from error
    _use_up(session, challenge, Purpose.ADD, account.id, now)
    credential_id = bytes_to_base64url(made.credential_id)
    if passkey_by_credential(session, credential_id):
        raise RefusedError("This passkey is here already.")
    row = PasskeyRow(
        account_id=account.id,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        created_at=now,
    )
    session.add(row)
    note(session, "account.passkey_added", Subject("account", account.id), after={"name": name}, now=now)


def ask_passkey(session: Session, party: RelyingParty, *, account: Account | None = None, now: datetime) -> str:
    """What a browser needs to use a passkey, as JSON: anybody's to sign in, or one of `account`'s to confirm."""
    known = [PublicKeyCredentialDescriptor(base64url_to_bytes(row.credential_id)) for row in _of(session, account)]
    options = generate_authentication_options(
        rp_id=party.host, allow_credentials=known, user_verification=UserVerificationRequirement.REQUIRED
    )
    purpose = Purpose.CONFIRM if account else Purpose.SIGN_IN
    _keep(session, options.challenge, purpose, account.id if account else None, now)
    return options_to_json(options)


def prove_passkey(
    session: Session, party: RelyingParty, credential: str, *, account: Account | None = None, now: datetime
) -> Account:
    """Whose passkey answered; `account` is whose it has to be, where that is known already.

    Raises:
        RefusedError: it is unknown, copied, somebody else's, or answers another challenge or an
            old one; or the account is shut.
    """
    try:
        answer = parse_authentication_credential_json(credential[:_LONGEST])
        challenge = parse_client_data_json(answer.response.client_data_json).challenge
        row = _the_passkey(session, answer.id, account)
        proved = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.console_url,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise RefusedError(_REFUSED) from error
    purpose = Purpose.CONFIRM if account else Purpose.SIGN_IN
    _use_up(session, challenge, purpose, account.id if account else None, now)
    if not take_sign_count(session, row, proved.new_sign_count, now):
        raise RefusedError(_REFUSED)
    owner = session.get(AccountRow, row.account_id)
    if owner is None or owner.disabled_at:
        raise RefusedError(_REFUSED)
    return frozen_account(owner)


def remove_passkey(session: Session, account: Account, passkey_id: str, *, now: datetime) -> None:
    """Take one of the person's passkeys away.

    Raises:
        NotFoundError: they have none by that id.
    """
    row = session.get(PasskeyRow, passkey_id)
    if row is None or row.account_id != account.id:
        raise NotFoundError("This passkey is gone already.")
    session.delete(row)
    note(session, "account.passkey_removed", Subject("account", account.id), before={"name": row.name}, now=now)


def _of(session: Session, account: Account | None) -> list[PasskeyRow]:
    return passkeys_of(session, account.id) if account else []


def _the_passkey(session: Session, credential_id: str, account: Account | None) -> PasskeyRow:
    row = passkey_by_credential(session, credential_id)
    if row is None or (account is not None and row.account_id != account.id):
        raise RefusedError(_REFUSED)
    return row


def _keep(session: Session, challenge: bytes, purpose: Purpose, account_id: str | None, now: datetime) -> None:
    forget_old_challenges(session, now)
    session.add(
        PasskeyChallengeRow(
            challenge_hash=_hash(challenge), purpose=purpose, account_id=account_id, expires_at=now + CHALLENGE_FOR
        )
    )


def _use_up(session: Session, challenge: bytes, purpose: Purpose, account_id: str | None, now: datetime) -> None:
    """The challenge is ours if its hash is on record: whoever answers can only repeat what we gave out."""
    if not take_challenge(session, _hash(challenge), purpose, account_id, now):
        raise RefusedError(_REFUSED)


def _hash(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()
