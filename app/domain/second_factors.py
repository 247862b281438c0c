"""What proves a person besides the password, who must have it, and how fresh a proof must be (security.md, "Accounts").

Every way in asks for two things: a passkey is a device *and* the finger or PIN that opens it; an
authenticator's code and a printed code come after the password.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.accounts import Permission, Role, may
from app.domain.errors import RefusedError

CONFIRMED_FOR = timedelta(minutes=15)
"""How long a proof of who is there covers acts that cannot be taken back."""

STEP_WITHIN = timedelta(minutes=10)
"""How long somebody may take between the password and the code."""

CHALLENGE_FOR = timedelta(minutes=5)
CODES = 10
PASSKEYS_MOST = 20
TOTP_PERIOD = 30

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP = 3, 4
_ALONE: frozenset[Permission] = frozenset({Permission.READ})


class Proof(StrEnum):
    """How somebody proved who they are; stands in the list of sign-ins and in the audit log."""

    PASSWORD = "password"  # noqa: S105 - a name, not a password
    CODE = "code"
    PRINTED_CODE = "printed_code"
    PASSKEY = "passkey"
    INVITATION = "invitation"
    OTHER_SIGN_IN = "other_sign_in"

    @property
    def in_words(self) -> str:
        """The proof in words: "password and a printed code"."""
        return _IN_WORDS[self]


_IN_WORDS = {
    Proof.PASSWORD: "password alone",
    Proof.CODE: "password and a code",
    Proof.PRINTED_CODE: "password and a printed code",
    Proof.PASSKEY: "passkey",
    Proof.INVITATION: "invitation",
    Proof.OTHER_SIGN_IN: "the organisation’s own sign-in",
}


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has besides a password."""

    passkeys: int = 0
    has_totp: bool = False
    codes_left: int = 0

    @property
    def is_strong(self) -> bool:
        """Whether there is something that lasts; printed codes alone run out."""
        return bool(self.passkeys) or self.has_totp

    @property
    def any(self) -> bool:
        """Whether a password alone no longer lets this person in."""
        return self.is_strong or self.codes_left > 0


def needs_second_factor(role: Role) -> bool:
    """Whether the role may do more than read, so that a stolen password must not be enough."""
    return any(may(role, permission) for permission in Permission if permission not in _ALONE)


def is_fresh(proved_at: datetime, now: datetime) -> bool:
    """Whether a proof given at `proved_at` still covers what cannot be taken back."""
    return now - proved_at < CONFIRMED_FOR


def new_printed_code() -> str:
    """A code to print: 12 letters and digits that no print confuses (59 bits), in groups of four."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP))
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def normal_printed_code(text: str) -> str:
    """A printed code as it is compared, however it was typed; empty when it cannot be one."""
    letters = "".join(sign for sign in text.casefold() if sign.isascii() and sign.isalnum())
    return letters if len(letters) == _GROUPS * _GROUP else ""


def normal_totp_code(text: str) -> str:
    """The six digits an authenticator shows, without the spaces people type; empty when there are not six."""
    digits = "".join(text.split())
    return digits if len(digits) == 6 and digits.isascii() and digits.isdigit() else ""


def check_passkey_name(name: str, taken: Collection[str]) -> None:
    """Refuse a name that would not tell passkeys apart.

    Raises:
        RefusedError: it is empty, too long, or already names another passkey of this person.
    """
    if not name:
        raise RefusedError({"passkey_name": "Say which device this is, such as “My phone”."})
    if len(name) > 60:
        raise RefusedError({"passkey_name": "Use at most 60 characters."})
    if name in taken:
        raise RefusedError({"passkey_name": f"There is a passkey called “{name}” already."})
    if len(taken) >= PASSKEYS_MOST:
        raise RefusedError({"passkey_name": f"{PASSKEYS_MOST} passkeys are the most. Remove one first."})
