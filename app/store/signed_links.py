"""What leaves us to come back: codes, and links that prove who holds them without a sign-in (RFC 8058).

A token names a subscription and what it is good for, signed with the vault; it is short enough for
a text message. Addresses are made from the configured public address, never from a request.
"""

import string
from dataclasses import dataclass
from hmac import compare_digest

from app.domain.errors import NotFoundError
from app.store.subscribers import ConfirmationRow
from app.store.vault import Vault

CONFIRMATION = "/subscribe/confirmation/"
MANAGE = "/subscribe/manage/"
STOP = "/subscribe/stop/"

_CODES = 1_000_000
_DIGITS = string.digits + string.ascii_lowercase
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the signed addresses of one installation.

    `public_url` is the page's address without a final slash.
    """

    vault: Vault
    public_url: str

    def manage(self, subscription_id: int, language: str = "en") -> str:
        """Where a subscriber changes or ends a subscription."""
        return self._address(MANAGE, self.token(MANAGE, subscription_id), language)

    def stop(self, subscription_id: int, language: str = "en") -> str:
        """The address for List-Unsubscribe: a POST ends the subscription, a GET shows a page and does nothing."""
        return self._address(STOP, self.token(STOP, subscription_id), language)

    def confirmation(self, confirmation: ConfirmationRow, language: str = "en") -> str:
        """Where the link in a mail leads to confirm a sign-up."""
        token = f"{_base36(confirmation.subscription_id)}.{confirmation_token(self.vault, confirmation)}"
        return self._address(CONFIRMATION, token, language)

    def token(self, purpose: str, subscription_id: int) -> str:
        """The last part of an address: a subscription, signed for one purpose."""
        return f"{_base36(subscription_id)}.{self.vault.signature(purpose, str(subscription_id))}"

    def subscription_of(self, purpose: str, token: str) -> int:
        """The subscription that a token names.

        Raises:
            NotFoundError: it was not signed here, or for another purpose.
        """
        subscription_id, signature = taken_apart(token)
        if not self.vault.is_signed(purpose, str(subscription_id), signature):
            raise NotFoundError("This link is not complete. Open it from the message itself.")
        return subscription_id

    def _address(self, path: str, token: str, language: str) -> str:
        prefix = "" if language == "en" else f"/{language}"
        return f"{self.public_url}{prefix}{path}{token}"


def confirmation_code(vault: Vault, confirmation: ConfirmationRow) -> str:
    """The six digits that a text message carries."""
    return _code(vault.signature("code", _asked(confirmation), size=32))


def is_code(vault: Vault, confirmation: ConfirmationRow, answer: str) -> bool:
    """Whether that is the code of this confirmation, under any of the keys."""
    made = [_code(signed) for signed in vault.signatures("code", _asked(confirmation), size=32)]
    return any(compare_digest(one.encode(), answer.encode()) for one in made)


def _code(signed: str) -> str:
    return f"{int.from_bytes(signed.encode()) % _CODES:06}"


def confirmation_token(vault: Vault, confirmation: ConfirmationRow) -> str:
    """The signature in the link that a mail carries."""
    return vault.signature(CONFIRMATION, _asked(confirmation))


def is_confirmation(vault: Vault, confirmation: ConfirmationRow, signature: str) -> bool:
    """Whether that is the signature of this confirmation."""
    return vault.is_signed(CONFIRMATION, _asked(confirmation), signature)


def taken_apart(token: str) -> tuple[int, str]:
    """The subscription that a token claims to name, and its signature; nothing is proved yet.

    Raises:
        NotFoundError: it has not the form of a token.
    """
    number, dot, signature = token.partition(".")
    if not (dot and number and len(token) <= _LONGEST and set(number) <= set(_DIGITS)):
        raise NotFoundError("This link is not complete. Open it from the message itself.")
    return int(number, 36), signature


def _asked(confirmation: ConfirmationRow) -> str:
    return f"{confirmation.subscription_id} {confirmation.nonce}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
