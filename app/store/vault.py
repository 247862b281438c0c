"""Addresses of members: encrypted at rest, found through a keyed index (security.md, "Personal data").

The cipher is Fernet with a random part, so that equal addresses do not look alike; the index is an
HMAC, so that a stolen database names nobody. Keys are derived from the installation's secret and
never stored. After a change of secret the older ones still read; `re_encrypted` moves a row on.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.channels import Channel
from app.domain.errors import UnavailableError

SHORTEST = 12
"""Bytes of a signature: 96 bits, short enough for a text message."""


class Vault:
    """Seals and opens personal data, and signs what leaves us to come back.

    `secrets` are the installation's secret keys, the current one first, then retired ones.
    """

    def __init__(self, *secrets: str) -> None:
        if not secrets:
            raise ValueError("a vault needs a secret")
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, "encrypt"))) for key in secrets])
        self._index_keys = [_derived(key, "index") for key in secrets]
        self._signing_keys = [_derived(key, "sign") for key in secrets]

    def seal(self, text: str) -> bytes:
        """The text, encrypted with the current key."""
        return self._fernet.encrypt(text.encode())

    def open(self, cipher: bytes, *, seconds: int | None = None) -> str:
        """The text of a cipher; `seconds` is how old it may be.

        Raises:
            UnavailableError: none of the keys fits, it was altered, or it is too old.
        """
        try:
            return self._fernet.decrypt(cipher, ttl=seconds).decode()
        except InvalidToken:
            raise UnavailableError("This cannot be read with the secret key of this installation.") from None

    def re_encrypted(self, cipher: bytes) -> bytes:
        """The same text under the current key.

        Raises:
            UnavailableError: none of the keys fits.
        """
        try:
            return self._fernet.rotate(cipher)
        except InvalidToken:
            raise UnavailableError("This cannot be read with the secret key of this installation.") from None

    def index(self, channel: Channel, address: str) -> str:
        """What a normalised address is found by, under the current key."""
        return _index(self._index_keys[0], channel, address)

    def indexes(self, channel: Channel, address: str) -> Sequence[str]:
        """What a normalised address may be found by, under every key, the current one first."""
        return [_index(key, channel, address) for key in self._index_keys]

    def signature(self, purpose: str, text: str, size: int = SHORTEST) -> str:
        """A signature over a text for one purpose: `size` bytes in the alphabet of URLs."""
        return _signature(self._signing_keys[0], purpose, text, size)

    def signatures(self, purpose: str, text: str, size: int = SHORTEST) -> Sequence[str]:
        """The signature under every key, the current one first: what was made before a change of keys still holds."""
        return [_signature(key, purpose, text, size) for key in self._signing_keys]

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Whether one of the keys made that signature; each is compared in constant time."""
        size = len(signature) * 3 // 4
        made = [_signature(key, purpose, text, size) for key in self._signing_keys]
        return size >= SHORTEST and any(hmac.compare_digest(one.encode(), signature.encode()) for one in made)


def _derived(secret: str, use: str) -> bytes:
    """32 bytes for one use alone (RFC 5869), so that no key serves two purposes."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"porchlight {use}".encode()).derive(secret.encode())


def _index(key: bytes, channel: Channel, address: str) -> str:
    return hmac.new(key, f"{channel}:{address}".encode(), hashlib.sha256).hexdigest()


def _signature(key: bytes, purpose: str, text: str, size: int) -> str:
    made = hmac.new(key, f"{purpose}\n{text}".encode(), hashlib.sha256).digest()[:size]
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
