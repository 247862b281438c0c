"""Hash and check passwords with Argon2id. Slow by design: never call it inside a transaction or on the event loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.accounts import PASSWORD_MOST, normal_password
from app.domain.errors import UnavailableError

_HASHER = PasswordHasher()
"""argon2-cffi's defaults: RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes)."""

_AT_ONCE = BoundedSemaphore(4)
"""Each check takes 64 MiB; a flood of sign-ins must not take the machine."""

_PATIENCE_SECONDS = 10.0


def hash_password(password: str) -> str:
    """An Argon2id string to store.

    Raises:
        UnavailableError: too many checks are running.
    """
    with _turn():
        return _HASHER.hash(normal_password(password))


def is_right_password(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the stored hash. Without a hash it takes the same time and says no.

    Raises:
        UnavailableError: too many checks are running.
    """
    with _turn():
        nobodys = _nobodys()  # made by whoever comes first, known or not
        try:
            return _HASHER.verify(stored or nobodys, normal_password(password[: PASSWORD_MOST + 1])) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    """The hash that unknown accounts are checked against."""
    return _HASHER.hash("nobody has this password")


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE_SECONDS):
        raise UnavailableError("Too many people are signing in at this moment. Try again in a minute.")
    try:
        yield
    finally:
        _AT_ONCE.release()
