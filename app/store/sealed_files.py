"""Sealed files: encrypted in pieces as they are written, so that the memory stays small however long they are.

    PORCHLIGHT SEALED 1\\n | salt, 32 bytes | proof of the key, 16 | checksum of these, 16 | piece | piece | ...

Each piece is 64 KiB of text under AES-256-GCM (NIST SP 800-38D) with a key of the file's own (HKDF,
RFC 5869, over the secret and the salt). The nonce counts the pieces and marks the last one (the
STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár): pieces that are changed, left out,
exchanged or cut off are found. No byte is handed out before its piece is proved.
"""

import hashlib
import hmac
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.errors import RefusedError

MAGIC = b"PORCHLIGHT SEALED 1\n"
PIECE = 64 * 1024

_SALT, _PROOF, _TAG = 32, 16, 16
_HEAD = len(MAGIC) + _SALT + 2 * _PROOF

DAMAGED = "This backup is damaged or cut off; nothing was taken from it. Use another one."


class SealedWriter:
    """Takes bytes and writes them sealed. The file is only whole after `finish`."""

    def __init__(self, file: IO[bytes], secret: str) -> None:
        salt = os.urandom(_SALT)
        self._file, self._left, self._number = file, bytearray(), 0
        self._head = _head(salt, _derived(secret, salt, b"proof", _PROOF))
        self._cipher = AESGCM(_derived(secret, salt, b"pieces", 32))
        file.write(self._head)

    def write(self, data: bytes) -> int:
        """Seal what is full; one piece at most is kept back."""
        self._left += data
        while len(self._left) > PIECE:
            self._seal(bytes(self._left[:PIECE]), is_last=False)
            del self._left[:PIECE]
        return len(data)

    def finish(self) -> None:
        """Write the last piece, which says that it is the last."""
        self._seal(bytes(self._left), is_last=True)

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), piece, self._head))
        self._number += 1


class SealedReader:
    """Reads a sealed file.

    Raises:
        RefusedError: it is no sealed file, the secret is another one, or it is damaged or cut off.
    """

    def __init__(self, file: IO[bytes], secret: str) -> None:
        self._file, self._left, self._number = file, b"", 0
        self._head = file.read(_HEAD)
        if not self._head.startswith(MAGIC):
            raise RefusedError("This is no backup of Porchlight's, or its beginning is damaged.")
        salt = self._head[len(MAGIC) : len(MAGIC) + _SALT]
        proof = self._head[len(MAGIC) + _SALT :][:_PROOF]
        if self._head != _head(salt, proof):
            raise RefusedError(DAMAGED)
        if not hmac.compare_digest(proof, _derived(secret, salt, b"proof", _PROOF)):
            raise RefusedError("The backup key is not the one that this backup was made with.")
        self._cipher = AESGCM(_derived(secret, salt, b"pieces", 32))
        self._next = file.read(PIECE + _TAG)
        self._is_over = False

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, all that is left without a number; none at the end.

        Raises:
            RefusedError: the file is damaged or cut off.
        """
        while not self._is_over and (size < 0 or len(self._left) < size):
            self._left += self._opened()
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def drain(self) -> None:
        """Prove the rest of the file.

        Raises:
            RefusedError: it is damaged or cut off.
        """
        while self.read(PIECE):
            pass

    def _opened(self) -> bytes:
        piece, self._next = self._next, self._file.read(PIECE + _TAG)
        self._is_over = not self._next
        try:
            opened = self._cipher.decrypt(_nonce(self._number, is_last=self._is_over), piece, self._head)
        except (InvalidTag, ValueError):
            raise RefusedError(DAMAGED) from None
        self._number += 1
        return opened


def _head(salt: bytes, proof: bytes) -> bytes:
    begin = MAGIC + salt + proof
    return begin + hashlib.sha256(begin).digest()[:_PROOF]


def _derived(secret: str, salt: bytes, purpose: bytes, length: int) -> bytes:
    info = b"porchlight sealed file 1 " + purpose
    return HKDF(hashes.SHA256(), length=length, salt=salt, info=info).derive(secret.encode())


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
